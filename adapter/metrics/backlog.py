"""What is unfinished at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts over the whole store, and ages in seconds (0 where there is nothing)."""

    waiting: int
    in_doubt: int
    with_staff: int
    overdue: int  # of those with staff: the date by which the visitor should have heard is past
    open_references: int
    outbox_depth: int  # messages to be sent, dead letters not counted
    outbox_oldest_seconds: float
    dead_letters: int
    drift: int  # booked visits that differ from what the prison system holds
    oldest_due_seconds: float  # of the work that could be done now, how long the oldest has been due

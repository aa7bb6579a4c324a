"""When it needs no look at the store to know that a visit has no references."""

from __future__ import annotations

from contextlib import suppress

from booking_rules.lifecycle import Event, IllegalTransition, Step, next_step


def test_a_visit_whose_second_version_is_checking_was_only_started() -> None:
    """Each event and each note is a version of its own, and references are opened with a POST."""
    ways = set()
    for event in Event:
        with suppress(IllegalTransition):
            if next_step(Step.RECEIVED, event) is Step.CHECKING:
                ways.add(event)
    assert ways == {Event.START}

"""Why a message did not go. Each class answers: may it be sent again, and who must act?

DeliveryFailed
├── Temporary   surely not delivered; try again later
├── Permanent   surely not delivered, and never will be: this recipient or this message is refused for good
├── OurOutage   surely not delivered, and no message will be until somebody repairs our side: try again, and alert
└── NoAnswer    perhaps delivered: ask first where the channel can, else send the same bytes again

The reason is a short fixed phrase with a status code: never an address, a name or what a server wrote.
"""

from __future__ import annotations


class DeliveryFailed(Exception):
    """Base of all; `reason` is at most 64 characters and safe to log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Temporary(DeliveryFailed):
    """Surely not delivered; try again later."""


class Permanent(DeliveryFailed):
    """Surely not delivered, and never will be."""


class OurOutage(DeliveryFailed):
    """Surely not delivered; our own set-up or the mail service is at fault. Try again, and alert."""


class NoAnswer(DeliveryFailed):
    """Perhaps delivered."""

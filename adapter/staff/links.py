"""The links in the emails to a prison's mailbox: signed, each for one visit or one queue, and for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from adapter.staff.tokens import Signer

PREFIX = "/staff"


class Linked(Protocol):
    """As much of a visit as a link names."""

    @property
    def id(self) -> str: ...
    @property
    def prison_id(self) -> str: ...
    @property
    def mailbox(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StaffLinks:
    """Implements `adapter.booking.letters.Links`. `public_url`: how staff reach the pages, no slash at the end."""

    signer: Signer
    public_url: str
    good_for: timedelta

    def visit(self, visit: Linked) -> str:
        return f"{self.public_url}{self.visit_path(visit)}"

    def visit_path(self, visit: Linked) -> str:
        """The same without the host: from one page to the other."""
        return f"{PREFIX}/v/{self.signer.link('visit', visit.id, visit.mailbox, self.good_for)}"

    def queue(self, visit: Linked) -> str:
        return f"{self.public_url}{self.queue_path(visit)}"

    def queue_path(self, visit: Linked) -> str:
        return f"{PREFIX}/q/{self.signer.link('queue', visit.prison_id, visit.mailbox, self.good_for)}"

"""A write that is under way inside the prison system and will be carried out later, whoever still listens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nomis_client.fake.requests import Book, Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    number: int
    due: datetime
    book: Book | None = None
    cancel: Cancel | None = None

    @property
    def write(self) -> Book | Cancel:
        write = self.book or self.cancel
        assert write is not None
        return write

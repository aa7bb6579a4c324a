"""The prisons at the moment, which a signal may replace while the service runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from adapter.config.book import PrisonBook


class Registry:
    """Hands out the current prisons. Ask it each time; a `PrisonBook` that you keep stays as it was."""

    def __init__(self, book: PrisonBook) -> None:
        self._current = book

    @property
    def current(self) -> PrisonBook:
        return self._current

    def replace(self, book: PrisonBook, keep_keys: Collection[str] = ()) -> PrisonBook:
        """Make `book` the current one and return what is current now.

        `keep_keys` are the keys of prisons that still have open visits: one of them that is not in `book` stays known,
        disabled, so that its visits can be finished and no new ones come.
        """
        gone = [
            replace(prison, enabled=False)
            for prison in self._current.all()
            if prison.key in keep_keys and book.by_key(prison.key) is None
        ]
        self._current = PrisonBook([*book.all(), *gone])
        return self._current

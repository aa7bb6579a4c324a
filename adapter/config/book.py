"""The prisons that we know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from booking_rules.prisons import Prison


class PrisonBook:
    """Prisons by their id and by their key; never changes."""

    __slots__ = ("_by_id", "_by_key", "_by_name")

    def __init__(self, prisons: Iterable[Prison] = ()) -> None:
        """Where two share an id or a key, the first has it."""
        self._by_key: dict[str, Prison] = {}
        self._by_id: dict[str, Prison] = {}
        for prison in prisons:
            self._by_key.setdefault(prison.key, prison)
            self._by_id.setdefault(prison.id, prison)
        self._by_name = tuple(sorted(self._by_key.values(), key=lambda prison: (prison.name, prison.key)))

    def by_id(self, text: str) -> Prison | None:
        """The prison with this UUID, in any case of its letters; None for anything else."""
        return self._by_id.get(text.lower())

    def by_key(self, key: str) -> Prison | None:
        """The prison of `[prisons.KEY]`."""
        return self._by_key.get(key)

    def all(self) -> tuple[Prison, ...]:
        """All of them by name, the disabled ones included."""
        return self._by_name

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Prison]:
        return iter(self._by_name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrisonBook) and self._by_name == other._by_name

    def __hash__(self) -> int:
        return hash(self._by_name)

    def __repr__(self) -> str:
        return f"PrisonBook({', '.join(prison.key for prison in self._by_name)})"

"""What is wrong with a configuration, said so that the one line to mend can be found."""

from __future__ import annotations

from collections.abc import Sequence

KeyPath = tuple[str, ...]
"""The way to a setting: `("nomis", "auth", "scheme")`."""


class ConfigError(Exception):
    """The configuration can't be used. `complaints` names every fault found, never a secret's value."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        count = len(self.complaints)
        heading = "the configuration has a fault" if count == 1 else f"the configuration has {count} faults"
        super().__init__("\n".join([f"{heading}:", *(f"  - {complaint}" for complaint in self.complaints)]))


def dotted(path: Sequence[str | int]) -> str:
    """`[nomis.auth] scheme`: the table and the key, as they stand in a file; with an empty key the table alone."""
    *table, key = [str(part) for part in path] or [""]
    return f"[{'.'.join(table)}] {key}".rstrip() if table else key


def complaint(source: str, path: Sequence[str | int], message: str) -> str:
    """One fault: where it was read (empty: nowhere), which setting, what is wrong."""
    return ": ".join(part for part in (source, dotted(path), message) if part)

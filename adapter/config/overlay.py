"""Laying one source of settings over another, remembering which source each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.config.complaint import KeyPath


@dataclass
class Overlay:
    """The values so far: tables are joined key by key, everything else is replaced by what comes later."""

    values: dict[str, object] = field(default_factory=dict)
    _origins: dict[KeyPath, str] = field(default_factory=dict)

    def lay(self, values: Mapping[str, object], source: str) -> None:
        """Put `values` on top."""
        self._lay(self.values, values, (), source)

    def _lay(self, below: dict[str, object], above: Mapping[str, object], path: KeyPath, source: str) -> None:
        for key, value in above.items():
            here = (*path, key)
            if isinstance(value, Mapping):
                table = below.get(key)
                if not isinstance(table, dict):
                    table = below[key] = {}
                    self._origins[here] = source
                self._lay(table, value, here, source)
            else:
                below[key] = value
                self._origins[here] = source

    def origin(self, path: tuple[str | int, ...]) -> str:
        """The source of the setting at `path`, or of the nearest table around it; empty if nobody set it."""
        for length in range(len(path), 0, -1):
            known = self._origins.get(tuple(str(part) for part in path[:length]))
            if known is not None:
                return known
        return ""


def settings_in(values: Mapping[str, object], path: KeyPath = ()) -> dict[KeyPath, object]:
    """Every value that is not a table, by its path."""
    found: dict[KeyPath, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= settings_in(value, (*path, key))
        else:
            found[*path, key] = value
    return found

"""A line as it is written: its time, what is declared of it, and its JSON."""

from __future__ import annotations

import json
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from adapter.log.events import EVENTS
from adapter.log.fields import CONTEXT, FIELDS, MASK, in_json, safe

_ADDED_BY_US = frozenset({"event", "level", "at"})
_ALLOWED = {name: CONTEXT | event.fields for name, event in EVENTS.items()}
"""By event: the fields that it may have."""
_OF_UNDECLARED = CONTEXT | {"error", "frames"}

Line = MutableMapping[str, Any]


class Stamp:
    """Puts the time on a line: in UTC, to the microsecond, as ISO 8601 has it. Its second is spelled out once."""

    def __init__(self) -> None:
        self._spelled = (0, "1970-01-01T00:00:00")

    def __call__(self, _logger: Any, _method: str, line: Line) -> Line:
        seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
        spelled = self._spelled
        if spelled[0] != seconds:
            at = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
            self._spelled = spelled = (seconds, at.isoformat())
        line["at"] = f"{spelled[1]}.{micros:06}Z" if micros else f"{spelled[1]}Z"
        return line


def mask_undeclared(_logger: Any, _method: str, line: Line) -> Line:
    """Keep what is declared and looks as it should, mask the rest. Never raises."""
    allowed = _name_event(line)
    for name in line.keys() - _ADDED_BY_US:
        line[name] = safe(name, line[name]) if name in allowed else MASK
    return line


def masked_json(_logger: Any, _method: str, line: Line) -> str:
    """The same in JSON, as one text."""
    allowed = _name_event(line)
    parts = []
    for name, value in line.items():
        if name in allowed:
            parts.append(f'"{name}": {in_json(name, value)}')
        elif name in _ADDED_BY_US:
            parts.append(f'"{name}": "{value}"')
        else:
            parts.append(f'{json.dumps(name, ensure_ascii=False)}: "{MASK}"')
    return "{" + ", ".join(parts) + "}"


def refuse_undeclared(_logger: Any, _method: str, line: Line) -> Line:
    """Raises `ValueError` for what would be masked."""
    declared = EVENTS.get(str(line["event"]))
    if declared is None:
        raise ValueError("an event was logged that adapter.log.events does not declare")
    if unknown := line.keys() - _ADDED_BY_US - CONTEXT - declared.fields:
        raise ValueError(
            f"{line['event']} was logged with fields that it does not declare: {', '.join(sorted(unknown))}"
        )
    for name in line.keys() - _ADDED_BY_US:
        if safe(name, line[name]) != _comparable(line[name]):
            raise ValueError(f"{line['event']}: the value of {name} does not look like a {FIELDS[name].kind}")
    return line


def _name_event(line: Line) -> frozenset[str]:
    """The fields that this line may have; an event that isn't declared loses its name."""
    event = line["event"]
    allowed = _ALLOWED.get(event) if isinstance(event, str) else None
    if allowed is None:
        line["event"], allowed = MASK, _OF_UNDECLARED
    return allowed


def _comparable(value: object) -> object:
    return list(value) if isinstance(value, tuple) else sorted(value) if isinstance(value, set | frozenset) else value

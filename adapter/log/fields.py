"""The fields that a log line may have, and what their values may look like.

Everything else is masked: the last defence against personal data in logs, not a licence to try.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import isfinite
from typing import NamedTuple

MASK = "***"


class Kind(StrEnum):
    """What a value is. Anything that doesn't look like it is masked."""

    NUMBER = "number"
    FLAG = "true or false"
    CODE = "code"  # a word from a closed list, or a class name
    ID = "identifier"  # made by us, or by the caller for a request
    ROUTE = "route"  # the template of a path, never the path
    ADDRESS = "address"  # scheme, host and port of our own
    PLACE = "place"  # where in the code: package.module:line
    WORDS = "words"  # sentences of our own about the configuration


class Field(NamedTuple):
    kind: Kind
    meaning: str


FIELDS: Mapping[str, Field] = {
    # Bound once at the border; any line may have them.
    "request_id": Field(Kind.ID, "the caller's X-Request-Id, or ours"),
    "visit": Field(Kind.ID, "the visit's UUID"),
    "prison": Field(Kind.CODE, "the prison's key in the configuration"),
    "holder": Field(Kind.ID, "who holds the lease"),
    "trace_id": Field(Kind.ID, "the trace that the line belongs to"),
    "span_id": Field(Kind.ID, "the span in it"),
    # Of single events.
    "acting_for": Field(Kind.CODE, "visitor or staff"),
    "action": Field(Kind.CODE, "what a person asked for"),
    "audience": Field(Kind.CODE, "visitor or mailbox"),
    "channel": Field(Kind.CODE, "how a message travels"),
    "choice": Field(Kind.NUMBER, "which of the visitor's choices, from 1"),
    "complaints": Field(Kind.WORDS, "what is wrong with the configuration"),
    "count": Field(Kind.NUMBER, "how many"),
    "credential": Field(Kind.ID, "the name of the caller's credential"),
    "decision": Field(Kind.CODE, "how a request was decided"),
    "duration_ms": Field(Kind.NUMBER, "milliseconds it took"),
    "error": Field(Kind.CODE, "classes of the error and of its causes, outermost first; never their texts"),
    "face": Field(Kind.CODE, "which of our listeners"),
    "frames": Field(Kind.PLACE, "places that the error passed, innermost last"),
    "happened": Field(Kind.CODE, "the event of the visit's life that moved it"),
    "kind": Field(Kind.CODE, "which of its kinds"),
    "library": Field(Kind.ID, "the library's logger"),
    "method": Field(Kind.CODE, "the HTTP method"),
    "mode": Field(Kind.CODE, "real_time, degraded or mailbox"),
    "operation": Field(Kind.CODE, "which call of the prison system"),
    "outcome": Field(Kind.CODE, "how it ended"),
    "place": Field(Kind.PLACE, "where in the code"),
    "reason": Field(Kind.CODE, "why, as a code"),
    "reference": Field(Kind.ID, "our reference of a booking (`client_unique_ref`)"),
    "retry_in": Field(Kind.NUMBER, "seconds until it is tried again"),
    "route": Field(Kind.ROUTE, "the template of the path"),
    "schema": Field(Kind.ID, "revision of the database's schema"),
    "state": Field(Kind.CODE, "its state now"),
    "status": Field(Kind.NUMBER, "the HTTP status"),
    "step": Field(Kind.CODE, "the visit's step before"),
    "store": Field(Kind.CODE, "sqlite or postgresql"),
    "to": Field(Kind.CODE, "the visit's step after"),
    "transport": Field(Kind.CODE, "rest or soap"),
    "tries": Field(Kind.NUMBER, "how often it was tried"),
    "url": Field(Kind.ADDRESS, "the address listened on"),
    "version": Field(Kind.ID, "of the service"),
    "workers": Field(Kind.NUMBER, "visits worked on at once"),
}

CONTEXT = frozenset({"request_id", "visit", "prison", "holder", "trace_id", "span_id"})
"""Fields that any line may have."""

_SHAPES = {
    Kind.CODE: re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}"),
    Kind.ID: re.compile(r"[A-Za-z0-9._:-]{1,128}"),
    Kind.ROUTE: re.compile(r"[A-Za-z0-9_./{}:-]{1,128}"),
    Kind.ADDRESS: re.compile(r"https?://[A-Za-z0-9_.:\[\]-]{1,128}"),
    Kind.PLACE: re.compile(r"[A-Za-z0-9_.<>-]{1,128}:[0-9]{1,6}"),
    Kind.WORDS: re.compile(r"[^\x00-\x1f@]{1,500}"),
}
# A prisoner number standing by itself, a birth date, a phone number: in no field of ours.
_PERSONAL = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]\d{4}[A-Za-z]{2}|\d{4}-\d\d-\d\d|\+?\d{10,14})(?![A-Za-z0-9])")
_KNOWN: dict[tuple[str, str], str] = {}
"""The JSON of values from closed lists, by field, once they were found safe: they come again in every line. What was
masked is never kept."""
_MOST_KNOWN = 1000
_LISTED = frozenset({Kind.CODE, Kind.ROUTE})
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_encode = json.JSONEncoder(ensure_ascii=False).encode
_MASKED = _encode(MASK)
_IDS = frozenset(name for name, field in FIELDS.items() if field.kind is Kind.ID)
_NUMBERS = frozenset(name for name, field in FIELDS.items() if field.kind is Kind.NUMBER)
_OURS = re.compile(rf"{_UUID.pattern}(?:-s?[0-9]{{1,3}})?")
"""Most identifiers, told at once: a UUID, or a reference made of one."""


def in_json(name: str, value: object) -> str:
    """`safe` in JSON. What most lines have takes no more than a look: nothing, identifiers of ours, numbers, codes."""
    if type(value) is str:
        if name in _IDS and _OURS.fullmatch(value):
            return f'"{value}"'
        return _KNOWN.get((name, value)) or _learn(name, value)
    if value is None:
        return "null"
    if name in _NUMBERS and (type(value) is int or (type(value) is float and isfinite(value))):
        return repr(value)
    return _encode(safe(name, value))


def _learn(name: str, value: str) -> str:
    text = _encode(safe(name, value))
    if text != _MASKED and FIELDS[name].kind in _LISTED and len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[name, value] = text
    return text


def safe(name: str, value: object) -> object:
    """The value if it looks as its field says, else the mask. Lists: each of their values."""
    if value is None:
        return None
    field = FIELDS.get(name)
    if field is None:
        return MASK
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(field.kind, item) for item in _in_order(value)]
    return _safe(field.kind, value)


def _in_order(values: Iterable[object]) -> list[object]:
    return sorted(values, key=str) if isinstance(values, set | frozenset) else list(values)


def _safe(kind: Kind, value: object) -> object:
    if kind is Kind.FLAG:
        return value if isinstance(value, bool) else MASK
    if kind is Kind.NUMBER:
        return value if isinstance(value, int | float) and not isinstance(value, bool) else MASK
    if not isinstance(value, str):
        return MASK
    if kind is Kind.ID and _OURS.fullmatch(value):
        return str(value)
    if not _SHAPES[kind].fullmatch(value):
        return MASK
    # Dates of the timetable are no personal data, and complaints are about them.
    if kind is not Kind.WORDS and _PERSONAL.search(_UUID.sub("", value)):
        return MASK
    return str(value)

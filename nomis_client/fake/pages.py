"""The made parts of the fake's documentation page."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable
from datetime import date

from pydantic import BaseModel

from nomis_client.fake.actions import Action
from nomis_client.fake.entities import Contact
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.people import known_people
from nomis_client.fake.requests import READS, WRITES, Operation
from nomis_client.fake.soap_oddities import FAULT, ODDITIES

_PART = re.compile(r"(<!-- made: ([a-z ]+) -->)\n.*?(<!-- end -->)", re.DOTALL)

BEFORE_OR_AFTER = "before or after"

# What a fault does, and when: `before or after` the commit as asked, or always the one.
FAULTS: dict[FaultKind, tuple[str, str]] = {
    FaultKind.DELAY: (BEFORE_OR_AFTER, "waits `seconds`; a write happens even if the caller has gone meanwhile"),
    FaultKind.HANG: (BEFORE_OR_AFTER, "never answers; what hangs is let go when the fault is deleted"),
    FaultKind.RESET: (BEFORE_OR_AFTER, "resets the connection"),
    FaultKind.DROP: (BEFORE_OR_AFTER, "closes the connection without a byte"),
    FaultKind.OUTAGE: (BEFORE_OR_AFTER, "resets the connection; in process, before the commit: refused to connect"),
    FaultKind.RESTART: (
        BEFORE_OR_AFTER,
        "resets every connection and stops listening for `seconds`, the control face included",
    ),
    FaultKind.ANSWER: (BEFORE_OR_AFTER, "answers `status` (500) with `body` (text or JSON), `content_type`, `headers`"),
    FaultKind.HTML: (BEFORE_OR_AFTER, "answers `status` (200) with a firewall's page"),
    FaultKind.ACCESS_DENIED: (BEFORE_OR_AFTER, "answers `status` (401)"),
    FaultKind.EXPIRED_TOKENS: (BEFORE_OR_AFTER, "answers 401, and no access token is good any more"),
    FaultKind.RATE_LIMIT: (BEFORE_OR_AFTER, "answers `status` (429) with `Retry-After: seconds`"),
    FaultKind.LOCKED: (BEFORE_OR_AFTER, "answers `Resource is locked`"),
    FaultKind.LATE_COMMIT: (
        "instead",
        "answers `status` (504) at once and carries the write out `seconds` later; with status 200 no answer at all",
    ),
    FaultKind.REPLAY: (
        "after",
        "carries the write out a second time: at once, and the second answer is given; or `seconds` later, unheard",
    ),
    FaultKind.NONCE_REFUSED: ("after", "a replay in front, which is refused at the door: answers 401"),
    FaultKind.REPEAT_ANSWER: ("after", "says `text` (`Overlapping visit`) where it would say `Duplicate post`"),
    FaultKind.STALE: ("before", "reads what was true `seconds` ago"),
    FaultKind.FIND_404: (BEFORE_OR_AFTER, "finding by reference is answered 404"),
    FaultKind.FIND_405: (BEFORE_OR_AFTER, "finding by reference is answered 405"),
    FaultKind.FIND_IN_TRANSIT: (BEFORE_OR_AFTER, "finding by reference is answered as for a prisoner in transit"),
    FaultKind.FIND_WRONG_STATUS: ("after", "a visit is found with the status `text` (`CANC`)"),
    FaultKind.FIND_TWO: ("after", "two visits are found where there is one"),
    FaultKind.TRUNCATE: ("after", "sends half of the body and goes"),
    FaultKind.DRIP: ("after", "sends the body in eight pieces, `seconds` before each"),
    FaultKind.WRONG_TYPES: ("after", "numbers and truth values become strings, lists become objects"),
    FaultKind.EMPTY: ("after", "sends no body"),
    FaultKind.SOAP: ("after", "SOAP only: makes the answer odd as `text` says, see below; REST is left alone"),
}


def refreshed(page: str) -> str:
    """`page` with every made part made anew. Raises `KeyError` for a part that nobody makes."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", page)


def _people() -> str:
    rows = []
    for known in known_people(date(2026, 1, 1)):
        prisoner = known.prisoner
        rows.append(
            (
                f"`{prisoner.noms_id}`",
                f"{prisoner.given_name} {prisoner.surname}",
                prisoner.date_of_birth.isoformat(),
                prisoner.prison,
                known.case,
                "; ".join(_contact(contact) for contact in prisoner.contacts),
            )
        )
    return _table(("number", "prisoner", "born", "prison", "who", "contacts"), rows)


def _contact(contact: Contact) -> str:
    names = " ".join(
        part.strip() for part in (contact.given_name, contact.middle_names, contact.surname) if part.strip()
    )
    marks = [
        *(["official"] if contact.contact_type == "O" else []),
        *([] if contact.active else ["inactive"]),
        *([] if contact.approved else ["not approved"]),
        *(restriction.type for restriction in contact.restrictions),
    ]
    born = contact.date_of_birth.isoformat() if contact.date_of_birth else "no date of birth"
    return f"{names}, {born}" + (f" ({', '.join(marks)})" if marks else "")


def _faults() -> str:
    rows = []
    for kind in FaultKind:
        when, what = FAULTS[kind]
        usual = Fault(kind=kind).operations
        rows.append((f"`{kind.value}`", _names(usual), when, what))
    return _table(("kind", "strikes unless told otherwise", "the commit", "what happens"), rows)


def _names(operations: frozenset[Operation]) -> str:
    if operations == frozenset(Operation):
        return "all"
    if operations == READS:
        return "reads"
    if operations == WRITES:
        return "writes"
    return ", ".join(f"`{operation.value}`" for operation in sorted(operations))


def _oddities() -> str:
    rows = [(f"`{name}`", what) for name, what in ODDITIES.items()]
    return _table(("oddity", "what"), [*rows, (f"`{FAULT}CODE`", "a typed fault with this code")])


def _operations() -> str:
    groups = (("reads", READS), ("writes", WRITES), ("neither", frozenset(Operation) - READS - WRITES))
    rows = [(name, ", ".join(f"`{o.value}`" for o in Operation if o in members)) for name, members in groups]
    return _table(("group", "operations"), rows)


def _actions() -> str:
    union, _ = typing.get_args(Action)
    rows = []
    for model in typing.get_args(union):
        (name,) = typing.get_args(model.model_fields["action"].annotation)
        rows.append((f"`{name}`", _members(model), _said(model)))
    return _table(("action", "members", "what it does"), rows)


def _members(model: type[BaseModel]) -> str:
    members = ((name, field) for name, field in model.model_fields.items() if name != "action")
    return ", ".join(f"`{name}`" if field.is_required() else f"[`{name}`]" for name, field in members)


def _said(model: type[BaseModel]) -> str:
    return " ".join((inspect.getdoc(model) or "").split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "people": _people,
    "faults": _faults,
    "oddities": _oddities,
    "operations": _operations,
    "actions": _actions,
}

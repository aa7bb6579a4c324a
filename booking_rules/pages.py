"""The parts of the documentation that are made from the code's own tables.

A page keeps such a part between `<!-- made: NAME -->` and `<!-- end: NAME -->`; what stands there is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from booking_rules.answers import MEANING, Answer
from booking_rules.checklist import CHECKLIST
from booking_rules.contact_details import DEFAULT_REGION
from booking_rules.diagram import attempt_diagram, visit_diagram
from booking_rules.facts import Why
from booking_rules.lifecycle import PUBLIC_STATE
from booking_rules.matching import NEAR
from booking_rules.names import MAX_LENGTH
from booking_rules.party import LEAD_VISITOR_AGE, MAX_ADULTS, MAX_VISITORS
from booking_rules.prisons import ADULT_AGES, BOOKING_WINDOWS
from booking_rules.reasons import CancellationReason, Reason, for_visitor
from booking_rules.request import MAX_CHOICES
from booking_rules.verdict import DEFAULT_POLICY

_PART: Final = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)

_DONE: Final = {
    Answer.LOOK_UP: "the reference is looked up: it may be this very booking",
    Answer.STAFF: "to staff",
    Answer.LOCKED: "tried again while there is time, then later",
    Answer.NO_ALLOWANCE: "next choice",
    Answer.NEXT_FULL: "next choice",
    Answer.NEXT_NOT_OFFERED: "next choice",
    Answer.NEXT_OVERLAPS: "next choice",
}


def refreshed(page: str) -> str:
    """`page` with every made part made anew. Raises `KeyError` for a part that nobody makes."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", page)


def _limits() -> str:
    return _table(
        ("what", "limit"),
        [
            ("visitors", f"1 to {MAX_VISITORS}"),
            ("lead visitor", f"{LEAD_VISITOR_AGE} or older"),
            ("adults", f"at most {MAX_ADULTS}"),
            ("age from which a visitor is an adult", f"{ADULT_AGES[0]} to {ADULT_AGES[-1]}, as the prison has it"),
            ("choices", f"1 to {MAX_CHOICES}"),
            ("first name, last name", f"1 to {MAX_LENGTH} characters each"),
            ("phone number without a country code", f"read as one of {DEFAULT_REGION}"),
            ("how far ahead", f"at most {BOOKING_WINDOWS[-1]} days"),
            ("name similar enough to ask a person", f"{NEAR:.2f} (1 is equal)"),
        ],
    )


def _checks() -> str:
    rows = (
        (
            kind.name,
            "each choice" if kind.scope == "choice" else "the whole request",
            kind.fails_when,
            f"`{kind.failure}`" if kind.failure else "",
            f"`{kind.result}`" if kind.scope == "choice" else "",
        )
        for kind in CHECKLIST
    )
    return _table(("check", "asked of", "fails when", "reason", "the choice becomes"), rows)


def _unknown() -> str:
    rows = ((f"`{why}`", "wait, and judge afresh" if why.curable else "staff, at once") for why in Why)
    return _table(("why we don't know", "what we do"), rows)


def _answers() -> str:
    rows = (
        (f"`{code}`", _DONE[answer], f"`{reason}`" if reason else "")
        for code, (answer, reason) in sorted(MEANING.items(), key=lambda item: list(Answer).index(item[1][0]))
    )
    return _table(("refusal", "what we do", "reason"), rows)


def _reasons() -> str:
    rows = (
        (
            f"`{reason}`",
            "rejected" if DEFAULT_POLICY.rejects(reason) else "staff",
            ", ".join(f"`{code}`" for code in for_visitor([reason])) or "nothing",
        )
        for reason in Reason
    )
    return _table(("reason", "unless configured otherwise", "the visitor sees"), rows)


def _cancellations() -> str:
    rows = (
        (f"`{reason}`", "the visitor" if reason is CancellationReason.VISITOR_CANCELLED else "staff")
        for reason in CancellationReason
    )
    return _table(("reason", "given by"), rows)


def _public_states() -> str:
    return _table(("step", "public state"), ((f"`{step}`", f"`{state}`") for step, state in PUBLIC_STATE.items()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _drawn(diagram: Callable[[], str]) -> Callable[[], str]:
    return lambda: f"```mermaid\n{diagram()}\n```"


PARTS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "limits": _limits,
        "checks": _checks,
        "unknown": _unknown,
        "answers": _answers,
        "reasons": _reasons,
        "cancellations": _cancellations,
        "public-states": _public_states,
        "life": _drawn(visit_diagram),
        "attempts": _drawn(attempt_diagram),
    }
)
"""Who makes which part."""

"""What visitors and mailboxes were sent: each fact once, in order, and the last one true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from booking_rules.lifecycle import Step
from tests.chaos.books import Books, Letter, Row
from tests.chaos.findings import Finding
from tests.support.letter_order import in_order

_LAST_LETTER = {
    Step.WITH_STAFF: "visitor_requested",
    Step.BOOKED: "visitor_booked",
    Step.REJECTED: "visitor_rejected",
    Step.WITHDRAWN: "visitor_withdrawn",
    Step.CANCELLED: "visitor_cancelled",
}
_SEVERAL = ("staff_drift", "visitor_message")
"""Kinds of mail of which a visit may have more than one."""


def letters_of(books: Books, visit: Row, step: Step) -> Iterator[Finding]:
    """Each fact once, in order, and the last one true."""
    visit_id, letters = str(visit["id"]), books.letters.get(str(visit["id"]), [])
    for row in books.outbox.get(visit_id, []):
        if row["state"] not in ("sent", "superseded"):
            yield Finding("lost", visit_id, f"{row['kind']} is {row['state']}")
    yield from _repeats(visit_id, letters)
    for audience, prefix in (("visitor", "visitor_"), ("mailbox", "staff_")):
        kinds = _first_arrivals(letters, prefix)
        if not in_order(audience, kinds):
            yield Finding("wrong", visit_id, f"mails out of order: {kinds}")
    to_visitor = [kind for kind in _first_arrivals(letters, "visitor_") if kind != "visitor_message"]
    if not to_visitor:
        yield Finding("lost", visit_id, f"{step}, and no mail to the visitor")
    elif to_visitor[-1] != _LAST_LETTER[step]:
        yield Finding("wrong", visit_id, f"{step}, and the last mail was {to_visitor[-1]}")
    if step is Step.WITH_STAFF and "staff_request" not in _first_arrivals(letters, "staff_"):
        yield Finding("lost", visit_id, "with staff, and the mailbox was not told")


def _repeats(visit_id: str, letters: Sequence[Letter]) -> Iterator[Finding]:
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    bytes_of: dict[str, set[str]] = defaultdict(set)
    for letter in letters:
        ids[letter.kind, letter.recipient].add(letter.message_id)
        bytes_of[letter.message_id].add(letter.digest)
    for (kind, _), found in ids.items():
        if len(found) > 1 and kind not in _SEVERAL:
            yield Finding("repeated", visit_id, f"{kind} under {len(found)} message ids")
    for message_id, digests in bytes_of.items():
        if len(digests) > 1:
            yield Finding("repeated", visit_id, f"{message_id} with different bytes")


def _first_arrivals(letters: Sequence[Letter], audience: str) -> list[str]:
    seen: dict[str, str] = {}
    for letter in letters:
        if letter.kind.startswith(audience):
            seen.setdefault(letter.message_id, letter.kind)
    return list(seen.values())

"""The bytes of an email: the same every time, whole for every reader, and nothing can be smuggled in."""

from __future__ import annotations

from binascii import b2a_qp
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier import Envelope, MessageKind, VisitFacts, compose, envelope_for, message_id
from notifier.content import Language
from notifier.mime import build
from notifier.samples import VISIT_ID, sample
from notifier.settings import MailSettings

TODAY = date(2026, 11, 23)
SETTINGS = MailSettings()
BOOKED = MessageKind.VISITOR_BOOKED
HOSTILE = [
    "=?utf-8?q?x?=",
    "=?utf-8?b?QmNjOiBhQGI=?=",
    "Bcc: a@b",
    "O'B & Sons",
    "Siân Ŵyn",
    "Éloïse-Ŷ" * 3,
    "Wolfeschlegelsteinhausenberger",
    "Nguyễn Thị Ánh",
    "李小龙",
    '"; DROP',
    "a\\b",
    ".",
    "--=_x",
    "From ",
    "{{ 7*7 }}",
    "((subject))",
    "%s",
]


def a_visit(kind: MessageKind, language: Language = "en", **changes: Any) -> VisitFacts:
    facts = sample(kind, language, TODAY)
    assert isinstance(facts, VisitFacts)
    return replace(facts, **changes)


def email_of(kind: MessageKind, facts: VisitFacts, thread: tuple[str, ...] = ()) -> bytes:
    return build(compose(kind, facts), envelope_for(kind, facts, SETTINGS, 1, thread), SETTINGS.from_name)


def read(content: bytes) -> EmailMessage:
    """By the standard library, which must find nothing wrong with it."""
    email = message_from_bytes(content, policy=default)
    for part in email.walk():
        assert part.defects == []
        for value in part.values():
            assert value.defects == ()
    return email


def body(email: EmailMessage, subtype: str) -> str:
    part = email.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_as_an_email(kind: MessageKind, language: Language) -> None:
    facts = sample(kind, language, TODAY)
    message = compose(kind, facts)
    envelope = envelope_for(kind, facts, SETTINGS, 1)
    content = build(message, envelope, SETTINGS.from_name)
    email = read(content)
    assert content.isascii()
    assert content.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert email["Subject"] == message.subject
    assert email["From"] == "Prison visits <prison-visits@example.com>"
    assert email["Message-ID"] == envelope.message_id
    assert email["Date"].datetime == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert email["X-Message-Kind"] == kind.value
    assert email["Auto-Submitted"] == "auto-generated"
    assert email["X-Auto-Response-Suppress"] == "All"
    assert email["Content-Language"] == message.language
    assert email["X-Visit-Id"] == (None if kind is MessageKind.FEEDBACK else VISIT_ID)
    assert body(email, "plain") == message.text
    assert body(email, "html") == message.html


def test_the_calendar_comes_as_the_last_alternative() -> None:
    kind = MessageKind.VISITOR_CANCELLED
    email = read(email_of(kind, a_visit(kind)))
    *_, part = email.iter_parts()
    assert email.get_content_type() == "multipart/alternative"
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "CANCEL"
    assert part.get_payload(decode=True) == compose(kind, a_visit(kind)).calendar


def test_answers_go_to_the_prison_or_to_nobody_never_to_the_visitor() -> None:
    for kind in MessageKind:
        facts = sample(kind, "en", TODAY)
        envelope = envelope_for(kind, facts, SETTINGS, 1)
        visitors = kind.value.startswith("visitor_")
        assert envelope.reply_to == ("visits.cardiff@example.com" if visitors else "no-reply@example.com")
    kind = MessageKind.VISITOR_BOOKED
    assert envelope_for(kind, a_visit(kind, prison_mailbox=""), SETTINGS, 1).reply_to == "no-reply@example.com"


def test_who_gets_what() -> None:
    assert [
        envelope_for(kind, sample(kind, "en", TODAY), SETTINGS, 1).recipient
        for kind in (MessageKind.VISITOR_BOOKED, MessageKind.STAFF_REQUEST, MessageKind.FEEDBACK)
    ] == ["ada@example.com", "visits.cardiff@example.com", "feedback@example.com"]
    kind = MessageKind.STAFF_REQUEST
    assert envelope_for(kind, a_visit(kind), SETTINGS, 1, recipient="b@example.com").recipient == "b@example.com"


def test_a_thread() -> None:
    kind = MessageKind.STAFF_WITHDRAWN
    first, second = "<first@example.com>", "<second@example.com>"
    email = read(email_of(kind, a_visit(kind), (first, second)))
    assert email["In-Reply-To"] == second
    assert email["References"] == f"{first} {second}"
    assert read(email_of(kind, a_visit(kind)))["References"] is None


def test_a_long_thread_stays_whole() -> None:
    kind = MessageKind.STAFF_WITHDRAWN
    thread = tuple(message_id(VISIT_ID, kind, number, "example.com") for number in range(20))
    assert read(email_of(kind, a_visit(kind), thread))["References"].split() == list(thread)


@pytest.mark.parametrize(("doubt", "priority", "importance"), [(True, "1", "high"), (False, None, None)])
def test_priority(doubt: bool, priority: str | None, importance: str | None) -> None:
    kind = MessageKind.STAFF_REQUEST
    email = read(email_of(kind, a_visit(kind, may_be_booked=doubt)))
    assert (email["X-Priority"], email["Importance"]) == (priority, importance)


def test_the_same_facts_make_the_same_bytes() -> None:
    for kind in (MessageKind.VISITOR_BOOKED, MessageKind.STAFF_REQUEST):
        assert email_of(kind, a_visit(kind)) == email_of(kind, a_visit(kind))


def test_message_ids_are_for_ever() -> None:
    """The value is written out: were it to change, a repeat after an update would be a second message."""
    made = message_id(VISIT_ID, MessageKind.VISITOR_BOOKED, 1, "example.com")
    assert made == "<d2cfd57f-37f2-59d1-bee1-315a6ffb0f80@example.com>"
    others = {
        message_id(VISIT_ID, MessageKind.VISITOR_BOOKED, 2, "example.com"),
        message_id(VISIT_ID, MessageKind.VISITOR_CANCELLED, 1, "example.com"),
        message_id("another", MessageKind.VISITOR_BOOKED, 1, "example.com"),
    }
    assert made not in others
    assert len(others) == 3


def comes_out_whole(first_name: str, last_name: str) -> None:
    facts = a_visit(MessageKind.STAFF_REQUEST, prisoner_first_name=first_name, prisoner_last_name=last_name)
    visitor = replace(facts.visitors[0], first_name=first_name, last_name=last_name)
    facts = replace(facts, visitors=(visitor, *facts.visitors[1:]))
    plain = email_of(MessageKind.STAFF_REQUEST, a_visit(MessageKind.STAFF_REQUEST))
    content = email_of(MessageKind.STAFF_REQUEST, facts)
    email = read(content)
    name = " ".join(f"{first_name} {last_name}".split())
    assert email["Subject"] == f"Visit request for {name} on Monday 14 December 2026"
    assert f"Name: {name}" in body(email, "plain")
    assert f"Visitor: {name}" in body(email, "plain")
    assert email.keys() == read(plain).keys()
    tags = body(email, "html").count("<")
    assert tags == body(read(plain), "html").count("<")
    raw_subject = content.partition(b"Subject: ")[2].partition(b"\r\nDate:")[0]
    assert b"\r\n" not in raw_subject.replace(b"\r\n ", b"")


@pytest.mark.parametrize(
    ("first_name", "last_name"),
    [
        *((name, "Wilde") for name in HOSTILE),
        *(("Oscar", name) for name in HOSTILE),
        *zip(HOSTILE, reversed(HOSTILE), strict=True),
    ],
)
def test_hostile_names_come_out_whole_and_harmless(first_name: str, last_name: str) -> None:
    comes_out_whole(first_name, last_name)


NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"], exclude_characters="<>"), min_size=1, max_size=30
).filter(lambda name: name.strip() == name)


@settings(deadline=None)
@given(NAMES, NAMES)
def test_any_names_come_out_whole_and_harmless(first_name: str, last_name: str) -> None:
    comes_out_whole(first_name, last_name)


def raw_part(content: bytes, subtype: str) -> bytes:
    """The body of a text part as it travels."""
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return content.partition(head.encode())[2].partition(b"\r\n--=_")[0]


@settings(deadline=None)
@given(
    st.text(
        st.one_of(st.sampled_from("ab= .\t\n"), st.characters(codec="utf-8", exclude_characters="\r")), max_size=200
    ),
    st.integers(0, 90),
)
def test_texts_are_encoded_as_the_library_does_it_in_one_go(text: str, length: int) -> None:
    """Wherever lines end, and wherever they have to be broken."""
    text = f"{'x' * length}{text}"
    message = replace(compose(BOOKED, a_visit(BOOKED)), text=text, html=f"{text}\n")
    content = build(message, envelope_for(BOOKED, a_visit(BOOKED), SETTINGS, 1), SETTINGS.from_name)
    for subtype, whole in (("plain", text), ("html", f"{text}\n")):
        assert raw_part(content, subtype) == b2a_qp(whole.encode(), istext=True).replace(b"\n", b"\r\n")


@settings(deadline=None)
@given(
    st.text(st.one_of(st.sampled_from("ab=?_ ,;:\t"), st.characters(codec="utf-8")), max_size=90).filter(
        lambda subject: (
            len(subject.splitlines()) <= 1 and not set(subject) & set("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        )
    )
)
def test_a_subject_is_encoded_as_the_library_does_it(subject: str) -> None:
    message = replace(compose(BOOKED, a_visit(BOOKED)), subject=subject)
    content = build(message, envelope_for(BOOKED, a_visit(BOOKED), SETTINGS, 1), SETTINGS.from_name)
    charset = "us-ascii" if subject.isascii() and "=?" not in subject else "utf-8"
    encoded = Header(subject, charset, header_name="Subject").encode(linesep="\r\n")
    assert content.partition(b"\r\nSubject: ")[2].partition(b"\r\nDate:")[0] == encoded.encode("ascii")


@pytest.mark.parametrize(
    "broken", ["a\nb", "a\r\nBcc: x@example.com", "a\x00b", "a\u2028b", "a\u202eb", "a\x85b", "a\x0bb"]
)
def test_what_slipped_through_the_checks_breaks_no_line(broken: str) -> None:
    kind = MessageKind.STAFF_REQUEST
    email = read(email_of(kind, a_visit(kind, prisoner_last_name=broken)))
    assert email["Subject"].startswith("Visit request for Oscar a ")
    assert email["Bcc"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "a@example.com\r\nBcc: b@example.com"},
        {"recipient": "a@example.com, b@example.com"},
        {"recipient": "Ada <a@example.com>"},
        {"recipient": "nobody"},
        {"recipient": ""},
        {"recipient": "ô@example.com"},
        {"reply_to": "a@example.com\nBcc: b@example.com"},
        {"sender": "a b@example.com"},
        {"message_id": "<a@example.com>\r\nBcc: b@example.com"},
        {"message_id": "a@example.com"},
        {"thread": ("<a@example.com> <b@example.com>",)},
        {"visit_id": "x\r\nBcc: b@example.com"},
    ],
)
def test_an_envelope_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    kind = MessageKind.STAFF_REQUEST
    facts = a_visit(kind)
    envelope: Envelope = replace(envelope_for(kind, facts, SETTINGS, 1), **changes)
    with pytest.raises(ValueError, match=r".+"):
        build(compose(kind, facts), envelope, "Prison visits")

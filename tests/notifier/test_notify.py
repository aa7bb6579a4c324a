"""The channel to GOV.UK Notify: what each of its answers means, and that nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from uuid import UUID

import pytest

from notifier import DeliveryFailed, MessageKind, NoAnswer, OurOutage, Permanent, Temporary, compose, envelope_for
from notifier.channels import make
from notifier.content import Language
from notifier.samples import sample
from notifier.settings import MailSettings
from tests.support.notify_server import notify_server, notify_settings, template

TODAY = date(2026, 11, 23)
REPLY_TO = UUID("00000000-0000-4000-8000-000000000001")
KINDS = [kind for kind in MessageKind if kind.value.startswith("visitor_")]


async def deliver(
    mail: MailSettings,
    kind: MessageKind = MessageKind.VISITOR_BOOKED,
    language: Language = "en",
    asked: bool = False,
) -> str:
    facts = sample(kind, language, TODAY)
    envelope = envelope_for(kind, facts, mail, 1)
    channel = make(mail)[mail.channel_for(kind)]
    payload = channel.prepare(compose(kind, facts), envelope)
    await channel.deliver(payload, envelope.recipient, envelope.message_id, asked)
    return envelope.message_id


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_message_to_visitors(kind: MessageKind, language: Language) -> None:
    async with notify_server() as notify:
        message_id = await deliver(notify_settings(notify.port), kind, language)
    (order,) = notify.posts
    message = compose(kind, sample(kind, language, TODAY))
    assert order["email_address"] == "ada@example.com"
    assert order["template_id"] == str(template(language, kind))
    assert order["reference"] == message_id
    assert order["personalisation"] == message.personalisation
    assert notify.look_ups == []


def test_single_facts_are_there_for_templates_with_words_of_their_own() -> None:
    booked = compose(MessageKind.VISITOR_BOOKED, sample(MessageKind.VISITOR_BOOKED, "cy", TODAY)).personalisation
    assert booked["date"] == "Dydd Llun 14 Rhagfyr 2026"
    assert booked["time"] == "14:00 i 16:00"
    assert booked["arrive_by"] == "13:15"
    assert booked["visit_reference"] == "7KQ2M4XP"
    assert booked["visitors"] == "Ada L, Siân Ó"
    keys = {frozenset(compose(kind, sample(kind, "en", TODAY)).personalisation) for kind in KINDS}
    assert len(keys) == 1


async def test_staff_never_get_theirs_from_notify() -> None:
    mail = notify_settings(1)
    assert {mail.channel_for(kind) for kind in MessageKind if kind not in KINDS} == {"smtp"}
    assert {mail.channel_for(kind) for kind in KINDS} == {"notify"}


async def test_the_prison_s_reply_address_where_notify_has_it() -> None:
    async with notify_server() as notify:
        await deliver(notify_settings(notify.port, reply_to={"visits.cardiff@example.com": str(REPLY_TO)}))
        await deliver(notify_settings(notify.port, reply_to={"visits.leeds@example.com": str(REPLY_TO)}))
    assert [post.get("email_reply_to_id") for post in notify.posts] == [str(REPLY_TO), None]


async def test_prepared_bytes_are_the_same_every_time() -> None:
    mail = notify_settings(1)
    facts = sample(MessageKind.VISITOR_BOOKED, "cy", TODAY)
    envelope = envelope_for(MessageKind.VISITOR_BOOKED, facts, mail, 1)
    made = {make(mail)["notify"].prepare(compose(MessageKind.VISITOR_BOOKED, facts), envelope) for _ in range(3)}
    assert len(made) == 1
    assert "ada@example.com" not in json.loads(made.pop())


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Permanent), (401, OurOutage), (403, OurOutage), (404, OurOutage), (429, Temporary),
        (500, Temporary), (502, Temporary), (503, Temporary),
    ],
)  # fmt: skip
async def test_what_a_refusal_means(status: int, failure: type[DeliveryFailed]) -> None:
    async with notify_server(status=status) as notify:
        with pytest.raises(failure) as failed:
            await deliver(notify_settings(notify.port))
    assert type(failed.value) is failure
    assert failed.value.reason == f"notify {status}"
    assert "ada" not in f"{failed.value!r}"


async def test_while_it_hangs_nothing_else_waits_for_a_thread() -> None:
    threads = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(threads)
    async with notify_server(hang=True) as notify:
        sending = asyncio.create_task(deliver(notify_settings(notify.port)))
        while not notify.posts:
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(str, 1) == "1"
        assert not sending.done()
    with suppress(DeliveryFailed):
        await sending


@pytest.mark.parametrize("behaviour", [{"drop": True}, {"hang": True}, {"body": "<html>"}])
async def test_no_answer_is_asked_about_and_never_sent_twice(behaviour: dict[str, object]) -> None:
    async with notify_server(**behaviour) as notify:
        with pytest.raises(NoAnswer):
            await deliver(notify_settings(notify.port, timeout=1.0))
        notify.hang = False
        message_id = await deliver(notify_settings(notify.port), asked=True)
    assert len(notify.posts) == 1
    assert notify.look_ups == [message_id]


async def test_what_notify_does_not_know_is_sent() -> None:
    async with notify_server() as notify:
        await deliver(notify_settings(notify.port), asked=True)
    assert len(notify.posts) == len(notify.look_ups) == 1


@pytest.mark.parametrize(
    ("states", "posts"),
    [
        (["created"], 0), (["sending"], 0), (["delivered"], 0), (["technical-failure"], 1),
        (["temporary-failure"], 1), (["technical-failure", "delivered"], 0),
    ],
)  # fmt: skip
async def test_what_became_of_the_earlier_try(states: list[str], posts: int) -> None:
    mail = notify_settings(1)
    facts = sample(MessageKind.VISITOR_BOOKED, "en", TODAY)
    known = {envelope_for(MessageKind.VISITOR_BOOKED, facts, mail, 1).message_id: states}
    async with notify_server(known=known) as notify:
        await deliver(notify_settings(notify.port), asked=True)
    assert len(notify.posts) == posts


async def test_an_address_that_notify_has_given_up() -> None:
    facts = sample(MessageKind.VISITOR_BOOKED, "en", TODAY)
    message_id = envelope_for(MessageKind.VISITOR_BOOKED, facts, notify_settings(1), 1).message_id
    async with notify_server(known={message_id: ["permanent-failure"]}) as notify:
        with pytest.raises(Permanent):
            await deliver(notify_settings(notify.port), asked=True)
    assert notify.posts == []


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        ({"look_up": 500}, NoAnswer),
        ({"look_up": 429}, NoAnswer),
        ({"look_up": 403}, OurOutage),
        ({"look_up_body": {"nothing": "here"}}, NoAnswer),
        ({"look_up_body": ["what"]}, NoAnswer),
        ({"hang": True}, NoAnswer),
    ],
)
async def test_while_the_question_is_open_nothing_is_sent(
    behaviour: dict[str, object], failure: type[DeliveryFailed]
) -> None:
    async with notify_server(**behaviour) as notify:
        with pytest.raises(failure):
            await deliver(notify_settings(notify.port, timeout=1.0), asked=True)
    assert notify.posts == []


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for asked in (False, True):
            with pytest.raises(OurOutage):
                await deliver(notify_settings(taken.getsockname()[1]), asked=asked)


async def test_a_key_that_can_not_be_read() -> None:
    mail = notify_settings(1, api_key=None, api_key_file="/nowhere/key")
    with pytest.raises(OurOutage, match="key"):
        await deliver(mail)
    with pytest.raises(OurOutage, match="key"):
        await deliver(notify_settings(1, api_key=""))

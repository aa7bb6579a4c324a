"""Links open one page each, for a while, and by themselves change nothing."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from adapter.booking.staffing_prison import AGAIN_AFTER
from adapter.booking.staffing_views import Member
from adapter.staff.keys import BadLinkKeys, read_keys
from adapter.staff.sign_in import checked_name
from adapter.staff.tokens import BadToken, ExpiredToken, Form, Link, Signer, digest
from adapter.store.tables import outbox
from nomis_client.fake.requests import READS
from tests.support.fixed_clock import FixedClock
from tests.support.site import HANG_GUARD, running_site
from tests.support.staff_site import AT_ONCE, Clerk, given_to_staff, in_doubt_with_staff, staff_link

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
OLD, NEW = "o" * 64, "n" * 64
FORM = Form("visit", 3, "page", "session")


def signer(*keys: str, at: datetime = NOON) -> Signer:
    return Signer(keys or (OLD,), FixedClock(at))


async def test_a_link_says_what_it_names_and_each_token_serves_one_purpose() -> None:
    one = signer()
    token = one.link("visit", "some-visit", "Mailbox@example.com", timedelta(days=1))
    assert one.read_link("visit", token) == Link("some-visit", digest("mailbox@example.com"))
    for other in (token, one.form(FORM), one.member(Member("Ann", "s"))):
        with pytest.raises(BadToken):
            one.read_link("queue", other)
    with pytest.raises(BadToken):
        one.read_form(token)
    with pytest.raises(BadToken):
        one.read_member(token)


def test_what_no_browser_of_ours_sends_is_no_token() -> None:
    for text in ("", ".", "é.x", "\udcff\udcfe.x", "\0", "a" * 8000):
        with pytest.raises(BadToken):
            signer().read_member(text)


async def test_keys_are_rotated_by_putting_a_new_one_on_top() -> None:
    token = signer(OLD).link("visit", "some-visit", "m@example.com", timedelta(days=1))
    rotated = signer(NEW, OLD)
    assert rotated.read_link("visit", token).subject == "some-visit"
    fresh = rotated.link("visit", "some-visit", "m@example.com", timedelta(days=1))
    assert signer(NEW).read_link("visit", fresh).subject == "some-visit"
    with pytest.raises(BadToken):
        signer(OLD).read_link("visit", fresh)


async def test_a_link_ends_when_its_time_is_over() -> None:
    token = signer().link("visit", "some-visit", "m@example.com", timedelta(days=60))
    assert signer(at=NOON + timedelta(days=59, hours=23)).read_link("visit", token)
    with pytest.raises(ExpiredToken):
        signer(at=NOON + timedelta(days=60)).read_link("visit", token)


def test_the_key_file_is_made_once_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "link.keys"
    (key,) = read_keys(path, make=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path, make=True) == (key,)
    assert [item.name for item in path.parent.iterdir()] == ["link.keys"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "short\n", f"{'k' * 64}\nshort\n"])
def test_keys_that_can_be_guessed_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "link.keys"
    path.write_text(text)
    with pytest.raises(BadLinkKeys):
        read_keys(path, make=True)
    with pytest.raises(BadLinkKeys):
        read_keys(tmp_path / "absent", make=False)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann   Clark ", "Ann Clark"),
        ("Siân O’Neill", "Siân O’Neill"),
        ("", None),
        ("#", None),
        ("Ann#1", None),
        ("Ann\nClark", "Ann Clark"),
        ("<b>", None),
        ("staff:Ann", None),
        ("A" * 61, None),
    ],
)
def test_a_name_that_may_stand_in_the_history(typed: str, kept: str | None) -> None:
    assert checked_name(typed) == kept


OTHER = {"first_name": "Carl", "last_name": "Whitlock", "date_of_birth": "1979-04-12", "number": "A1412BN"}


@pytest.mark.parametrize("fault", ["", "drop"])
async def test_scanners_that_open_links_change_nothing_and_hardly_ask_the_prison_system(
    database: str, fault: str
) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        ids = [await given_to_staff(site), await given_to_staff(site, "other", prisoner=OTHER)]
        links = [await staff_link(site, visit_id, which) for visit_id in ids for which in "vq"]
        before, mails = [await site.stored(visit_id) for visit_id in ids], len(site.mail.mails)
        if fault:
            site.arm(fault, operation="reads")

        async def scan(method: str, link: str) -> int:
            async with site.http.request(method, link) as reply:
                await reply.read()
                return reply.status

        async def scanned(method: str) -> list[str]:
            opened = [scan(method, link) for link in links for _ in range(25)]
            assert set(await asyncio.gather(*opened)) == {200}
            return [entry.operation for entry in site.fake.engine.log.entries()]

        site.fake.engine.log.clear()
        assert await scanned("HEAD") == []
        began = site.clock.monotonic()
        await scan("GET", links[0])
        async with asyncio.timeout(HANG_GUARD):
            while not site.fake.engine.log.entries():
                await asyncio.sleep(0.01)
        asked = Counter(await scanned("GET"))
        rounds = 1 + (site.clock.monotonic() - began) // AGAIN_AFTER
        assert 0 < max(asked.values()) <= rounds, "one prison, each question once in a few seconds"
        assert set(asked) <= READS
        for was in before:
            now = await site.stored(was.id)
            assert (now.version, now.step, now.claimed_by) == (was.version, was.step, None)
        assert len(site.mail.mails) == mails


async def test_who_has_started_is_answered_though_strangers_asked(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        ids = [await given_to_staff(site), await given_to_staff(site, "other", prisoner=OTHER)]
        async with Clerk(await staff_link(site, ids[0])) as scanner, Clerk(await staff_link(site, ids[1])) as ann:
            await scanner.open()
            site.fake.engine.log.clear()
            await ann.open()
            assert "There is no answer from NOMIS yet" in ann.page.text
            assert site.fake.engine.log.entries() == []
            await ann.start()
            async with asyncio.timeout(HANG_GUARD):
                while "Checks made now" not in ann.page.text:
                    await ann.open()


async def test_what_is_not_a_good_link_shows_nothing_and_says_what_to_do(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        visit, links = await site.stored(visit_id), site.service.links
        good = (await staff_link(site, visit_id)).rpartition("/")[2]
        queue = (await staff_link(site, visit_id, "q")).rpartition("/")[2]
        elsewhere = links.signer.link("visit", visit_id, "another@example.com", timedelta(days=1))
        nobody = links.signer.link("visit", "6a2b5a3e-8f1f-4d6d-9c6e-3d6f5b3c1a00", visit.mailbox, timedelta(days=1))
        over = links.signer.link("visit", visit_id, visit.mailbox, timedelta(days=-1))
        foreign = Signer([secrets.token_hex(32)], site.clock).link("visit", visit_id, visit.mailbox, timedelta(days=1))
        for token, status in (
            (queue, 404),
            (elsewhere, 404),
            (nobody, 404),
            (foreign, 404),
            (f"{good[:-3]}{'abc' if good[-3:] != 'abc' else 'cba'}", 404),
            ("x", 404),
            (over, 410),
        ):
            async with Clerk(f"{site.url}/staff/v/{token}") as clerk:
                page = await clerk.open()
                assert page.status == status
                assert "link" in page.text
                assert "Brightwell" not in page.text
                assert visit.human_id not in page.text
                sent = await clerk.post("start", [("name", "Ann"), ("form", "x")])
                assert sent.status == status
        async with Clerk(f"{site.url}/staff/q/{good}") as clerk:
            assert (await clerk.open()).status == 404
        assert (await site.stored(visit_id)).version == visit.version


async def test_pages_are_not_kept_not_framed_and_load_nothing_from_elsewhere(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await given_to_staff(site)
        async with Clerk(await staff_link(site, visit_id)) as clerk:
            page = await clerk.open()
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
            policy = page.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'self'")
            assert "script" not in page.text
            assert "http://" not in page.text
            assert "https://" not in page.text
            (style,) = [part.split('"')[0] for part in page.text.split('<link rel="stylesheet" href="')[1:]]
            async with site.http.get(f"{site.url}{style}") as reply:
                assert (reply.status, reply.content_type) == (200, "text/css")
            lost = await clerk.open(f"{site.url}/staff/nowhere")
            assert (lost.status, "Page not found" in lost.text) == (404, True)


async def test_a_listener_of_their_own_keeps_pages_and_api_apart(database: str) -> None:
    config = {**AT_ONCE, "ADAPTER__STAFF__HOST": "127.0.0.1", "ADAPTER__STAFF__PORT": "0"}
    config |= {"ADAPTER__API__HOST": "127.0.0.2"}
    async with running_site(database, config=config) as site:
        visit_id = await given_to_staff(site)
        async with site.http.get(await staff_link(site, visit_id)) as reply:
            assert reply.status == 404, "the API's listener has no staff pages"


async def test_queue_shows_what_waits_oldest_first_without_names(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        first = await given_to_staff(site)
        body = {"prisoner": {"first_name": "B", "last_name": "C", "date_of_birth": "1970-01-01", "number": "B2222BB"}}
        second = await given_to_staff(site, "other", **body)
        link = await staff_link(site, first, "q")
        async with Clerk(link) as clerk:
            page = await clerk.open()
            ids = [(await site.stored(one)).human_id for one in (first, second)]
            assert page.status == 200
            assert page.text.index(ids[0]) < page.text.index(ids[1])
            assert "Brightwell" not in page.text
            assert "A1410AE" not in page.text
            assert "Overdue" not in page.text
        async with Clerk(await staff_link(site, second)) as ann:
            await ann.start()
            await ann.send("reject", reasons=["other"], reject_message="No.")
            left = await ann.open(link)
            assert (ids[0] in left.text, ids[1] in left.text) == (True, False)


async def test_queue_says_overdue_in_doubt_and_undelivered_in_words(database: str) -> None:
    async with running_site(database, config=AT_ONCE) as site:
        visit_id = await in_doubt_with_staff(site, there=False)
        link = await staff_link(site, visit_id, "q")
        async with site.service.desk.store.write() as tx:
            await tx.execute(update(outbox).where(outbox.c.kind == "visitor_requested").values(state="dead"))
            await tx.commit()
        site.clock.move(timedelta(days=6))
        async with Clerk(link) as clerk:
            page = await clerk.open()
            for words in ("Overdue", "May already be in NOMIS", "could not be delivered", "the receipt"):
                assert words in page.text
            assert "nora@example.com" not in page.text
            (visit_link,) = {part.split('"')[0] for part in page.text.split('href="/staff/v/')[1:2]}
            opened = await clerk.open(f"{site.url}/staff/v/{visit_link}")
            assert (opened.status, "Overdue" in opened.text) == (200, True)

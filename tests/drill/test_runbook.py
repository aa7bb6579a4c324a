"""Every symptom of docs/runbook.md provoked for real, seen by its alert, and ended by the steps that stand there.

Real processes throughout: `serve --no-worker`, `worker`, the fake prison system, PostgreSQL, a mail server, Prometheus
with the shipped rules. With SAID naming a file, what operators would see is written there.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from adapter.demo.mail_sink import Fault
from adapter.store.schema import head
from tests.support.databases import PostgresDatabases
from tests.support.installation import Installation, installed, write_down
from tests.support.nursery import Nursery
from tests.support.staff_site import Clerk

pytestmark = [pytest.mark.deploy, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    nursery: Nursery, postgres_databases: PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    async with installed(nursery, postgres_databases, tmp_path_factory.mktemp("drill")) as installation:
        yield installation


@pytest.fixture(autouse=True)
def _heading(request: pytest.FixtureRequest) -> None:
    write_down("", f"=== {request.node.name}")


async def test_the_prison_system_does_not_answer(here: Installation) -> None:
    await here.plant.control.ask("POST", "/power", {"on": False})
    visit_id, state = await here.ask()
    assert state == "requested"
    await here.ask()
    assert (await here.alert("VisitsPrisonSystemAway"))["prison"] == "LEI"
    await here.logged("breaker.changed", here.api, state="open")
    health = await here.health()
    write_down(json.dumps(health))
    code, said = await here.operator("doctor")
    assert (code, "failed  prison system" in said, "to do: look at [nomis] base_url" in said) == (1, True, True)
    await here.plant.control.ask("POST", "/power", {"on": True})
    assert await here.plant.until(visit_id, "booked") == "booked"
    await here.watcher.until_quiet("VisitsPrisonSystemAway")
    assert (await here.operator("doctor"))[0] == 0


async def test_the_prison_system_is_not_understood(here: Installation) -> None:
    await here.plant.control.arm("wrong_types", operation="contacts")
    visit_id, state = await here.ask()
    await here.plant.control.heal()
    assert state == "requested"
    labels = await here.alert("VisitsDefect")
    line = await here.logged("defect.seen", here.api)
    assert (labels["operation"], labels["reason"]) == (line["operation"], line["reason"])
    assert await here.plant.until(visit_id) == "with_staff"
    code, said = await here.operator("show", visit_id)
    assert (code, "step with_staff" in said) == (0, True)


async def test_bookings_stay_in_doubt(here: Installation) -> None:
    await here.plant.control.arm("drop", operation="book", when="after", count=1)
    await here.plant.control.arm("answer", status=500, operation="find_by_reference")
    visit_id, state = await here.ask()
    assert state == "requested"
    await here.alert("VisitsInDoubt")
    _, said = await here.operator("show", visit_id)
    assert "step in_doubt" in said
    assert f"{visit_id}-1  open, perhaps booked" in said
    await here.plant.control.heal()
    assert await here.plant.until(visit_id, "booked") == "booked"
    await here.watcher.until_quiet("VisitsInDoubt")


async def test_work_stands_still_for_no_worker_runs(here: Installation) -> None:
    await here.worker.kill()
    await here.alert("VisitsBacklogNotCounted")
    await here.worker.start()
    await here.logged("worker.started")
    await here.watcher.until_quiet("VisitsBacklogNotCounted")


async def test_work_stands_still_in_a_worker_that_hangs(here: Installation) -> None:
    here.worker.freeze()
    await here.alert("VisitsBacklogNotCounted")
    here.worker.thaw()
    await here.watcher.until_quiet("VisitsBacklogNotCounted")


async def test_work_stands_still_for_a_session_holds_it(here: Installation) -> None:
    await here.plant.control.arm("drop", operation="book", when="after", count=1)
    await here.plant.control.arm("answer", status=500, operation="find_by_reference")
    visit_id, _ = await here.ask()
    somebody = await asyncpg.connect(here.environ["ADAPTER__STORE__URL"].replace("+asyncpg", ""))
    async with somebody.transaction():
        await somebody.fetch("SELECT id FROM visits WHERE id = $1 FOR UPDATE", visit_id)
        await here.plant.control.heal()
        await here.alert("VisitsWorkStands")
        held = await here.plant.rows(_HOLDERS)
        write_down(str(held))
        assert any("FOR UPDATE" in str(row["query"]) for row in held)
    await somebody.close()
    assert await here.plant.until(visit_id, "booked") == "booked"
    await here.watcher.until_quiet("VisitsWorkStands")


_HOLDERS = "SELECT pid, state, xact_start, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


async def test_messages_do_not_leave(here: Installation) -> None:
    here.to_mail.cut()
    visit_id, state = await here.ask()
    assert state == "booked"
    await here.alert("VisitsMailWaits")
    await here.logged("mail.postponed", visit=visit_id)
    code, said = await here.operator("doctor")
    assert (code, "failed  mail server" in said) == (1, True)
    here.to_mail.heal()
    await here.logged("mail.sent", visit=visit_id)
    await here.watcher.until_quiet("VisitsMailWaits")


async def test_a_message_was_given_up(here: Installation) -> None:
    body = here.request()
    here.plant.sink.arm(Fault(stage="RCPT", reply="550 no such mailbox", recipient=body["contact_email_address"]))
    visit_id, _ = await here.ask(body)
    await here.logged("mail.abandoned", visit=visit_id)
    await here.alert("VisitsDeadLetters")
    _, said = await here.operator("handover", "list")
    assert f"{visit_id}  visitor_booked  rcpt_550" in said
    assert (await here.health())["status"] == "UP"
    assert await here.operator("handover", "retry", visit_id) == (0, "queued again: 1\n")
    await here.logged("mail.sent", visit=visit_id)
    await here.watcher.until_quiet("VisitsDeadLetters")


async def test_a_visit_differs_from_the_prison_system(here: Installation) -> None:
    visit_id, _ = await here.ask()
    rows = await here.plant.rows("SELECT nomis_visit_id FROM visits WHERE id = :id", id=visit_id)
    await here.plant.control.hand("cancel", visit_id=rows[0]["nomis_visit_id"])
    await here.alert("VisitsDrift")
    await here.logged("drift.found", visit=visit_id)
    _, said = await here.operator("show", visit_id)
    assert "drift    cancelled" in said
    assert "staff_drift" in said
    async with here.plant.http.delete(f"{here.api.url}/api/visits/{visit_id}") as reply:
        assert reply.status == 200
    assert await here.plant.until(visit_id, "cancelled") == "cancelled"
    await here.watcher.until_quiet("VisitsDrift")


async def test_visitors_wait_beyond_the_promised_day(here: Installation) -> None:
    body = here.request()
    body["visitors"][0]["last_name"] = "Unheardof"
    visit_id, _ = await here.ask(body)
    assert await here.plant.until(visit_id) == "with_staff"
    await here.change("UPDATE visits SET confirm_by = '2020-01-02' WHERE id = :id", id=visit_id)
    await here.alert("VisitsOverdue")
    _, said = await here.operator("handover", "list")
    assert re.search(r"answer by 2020-01-02  visitor_not_on_list  OVERDUE", said)
    async with Clerk(await here.staff_link(visit_id)) as clerk:
        assert "Overdue" in (await clerk.open()).text
        await clerk.start()
        await clerk.send("reject", reasons=["visitor_not_on_list"])
    await here.watcher.until_quiet("VisitsOverdue")


async def test_the_api_answers_with_errors(here: Installation) -> None:
    before, body = here.environ["ADAPTER__STORE__URL"], here.request()
    name = before.partition("?")[0].rpartition("/")[2]
    here.to_database.cut()
    try:
        for _ in range(8):
            status, answer = await here.plant.post(here.api.url, body)
            assert status == 503, answer
        await here.alert("VisitsErrors")
        await here.logged("store.lost")
        at = f"{here.to_database.host}:{here.to_database.port}"
        here.environ["ADAPTER__STORE__URL"] = f"postgresql+asyncpg://postgres@{at}/{name}"
        code, said = await here.operator("doctor")
        assert (code, "failed  database" in said) == (1, True)
    finally:
        here.environ["ADAPTER__STORE__URL"] = before
        here.to_database.heal()
    await here.logged("store.found")
    assert (await here.ask(body))[1] == "booked"


async def test_the_api_answers_with_errors_of_our_own(here: Installation) -> None:
    body = here.request()
    await here.change("ALTER TABLE idempotency RENAME TO taken_away")
    try:
        status, _ = await here.plant.post(here.api.url, body)
        assert status == 500
        line = await here.logged("request.crashed", here.api)
        assert line["frames"]
    finally:
        await here.change("ALTER TABLE taken_away RENAME TO idempotency")
    assert (await here.ask(body))[1] == "booked"


async def test_the_frontends_credential_is_refused(here: Installation, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    assert (await here.operator("token", "new", "frontend", "--file", str(tokens), config=False))[0] == 0
    auth = {"ADAPTER__API__AUTH__MODE": "token", "ADAPTER__API__AUTH__TOKENS_FILE": str(tokens)}
    guarded = await here.plant.service("guarded", ("serve", "--no-worker"), environ=auth)
    status, _ = await here.plant.post(guarded.url, here.request())
    assert status == 401
    await here.logged("login.refused", guarded)
    assert await guarded.terminate() == 0


async def test_answers_are_slow(here: Installation) -> None:
    await here.plant.control.arm("delay", operation="location", seconds=1.5)
    await here.plant.control.arm("delay", operation="book", seconds=1.5)
    for _ in range(2):
        await here.ask()
    await here.plant.control.heal()
    await here.alert("VisitsSlow")
    line = await here.logged("request.answered", here.api, route="/api/visits")
    assert line["duration_ms"] > 2500
    async with here.plant.http.get(f"{here.api.url}/metrics") as reply:
        page = await reply.text()
    write_down(*(row for row in page.splitlines() if re.match(r"visits_nomis_call_seconds_(sum|count)", row)))


async def test_it_does_not_start(here: Installation) -> None:
    bad = {"ADAPTER__STORE__RETENTION_DAYS": "-1", "ADAPTER__WORKER__POLL": "often"}
    here.environ |= bad
    try:
        code, said = await here.operator("check-config")
        assert code == 1
        assert ("retention_days" in said, "poll" in said) == (True, True)
        assert (await here.operator("serve"))[0] == 1
    finally:
        for name in bad:
            del here.environ[name]


async def test_it_does_not_start_on_another_schema_or_for_another_prison_system(here: Installation) -> None:
    await here.change("UPDATE alembic_version SET version_num = '0001'")
    try:
        code, said = await here.operator("serve")
        assert (code, "visits-adapter migrate" in said) == (1, True)
        assert "failed  database" in (await here.operator("doctor"))[1]
    finally:
        await here.change("UPDATE alembic_version SET version_num = :head", head=head())
    before = here.environ["ADAPTER__NOMIS__BASE_URL"]
    here.environ["ADAPTER__NOMIS__BASE_URL"] = "http://127.0.0.1:9/nomisapi"
    code, said = await here.operator("serve")
    here.environ["ADAPTER__NOMIS__BASE_URL"] = before
    assert (code, len(said.splitlines())) == (1, 1)

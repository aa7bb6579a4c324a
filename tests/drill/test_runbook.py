"""Every symptom of docs/runbook.md provoked for real, seen by its alert, and ended by the steps that stand there.

Real processes throughout: `serve --no-worker`, `worker`, the fake prison system, PostgreSQL, a mail server, Prometheus
with the shipped rules. With SAID naming a file, what operators would see is written there.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from adapter.demo.mail_sink import Fault
from tests.support.databases import PostgresDatabases
from tests.support.nursery import ROOT, Nursery
from tests.support.plant import Plant, a_plant, a_request, open_slots
from tests.support.processes import HANG_GUARD, RealProcess, reserved_port
from tests.support.proxy import Address, Proxy, proxy_running
from tests.support.staff_site import Clerk
from tests.support.watcher import Watcher, watching

pytestmark = [pytest.mark.deploy, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

QUICK = {
    "ADAPTER__LOG__FORMAT": "json",
    "ADAPTER__NOMIS__READ_TIMEOUT": "2.0",
    "ADAPTER__WORKER__RECONCILE_PERIOD": "1.0",
    "ADAPTER__MAIL__RETRY_LONGEST": "0.5",
}


@dataclass
class Installation:
    """What is watched, and what an operator has: logs, metrics, commands."""

    plant: Plant
    api: RealProcess
    worker: RealProcess
    to_database: Proxy
    to_mail: Proxy
    watcher: Watcher
    people: list[dict[str, Any]]
    environ: dict[str, str]
    slots: list[str] = field(default_factory=lambda: open_slots("LEI"))

    def request(self) -> dict[str, Any]:
        """Of a prisoner nobody has asked for yet."""
        person = self.people.pop()
        return a_request(person, f"{person['noms_id'].lower()}@example.com", [self.slots.pop(0)])

    async def ask(self, body: dict[str, Any] | None = None) -> tuple[str, str]:
        """Id and public state of a new request's visit."""
        status, answer = await self.plant.post(self.api.url, body or self.request())
        assert status == 200, answer
        return answer["visit"]["id"], answer["visit"]["processing_state"]

    async def operator(self, *words: str) -> tuple[int, str]:
        """Exit code and output of `visits-adapter WORDS`."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "adapter", *words, "--config", str(ROOT / "config.toml")),
            cwd=ROOT,
            env={**os.environ, **self.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert b"Traceback" not in said, said.decode()
        _write(f"$ visits-adapter {' '.join(words)}", said.decode().rstrip(), f"exit code {process.returncode}")
        return process.returncode or 0, said.decode()

    async def logged(self, event: str, process: RealProcess | None = None, **fields: object) -> dict[str, Any]:
        """The newest such line of a process' log (the worker's), once there is one."""
        async with asyncio.timeout(HANG_GUARD):
            while True:
                for line in reversed((process or self.worker).said().splitlines()):
                    found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
                    if {"event": event, **fields}.items() <= found.items():
                        _write(line)
                        return found
                await asyncio.sleep(0.1)

    async def alert(self, name: str) -> dict[str, str]:
        labels = await self.watcher.until_fires(name)
        _write(f"alert {name} {labels}")
        return labels

    async def health(self) -> dict[str, Any]:
        async with self.plant.http.get(f"{self.api.url}/health") as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def change(self, statement: str, **values: Any) -> None:
        async with self.plant.store.write() as tx:
            await tx.execute(text(statement), values)
            await tx.commit()

    async def staff_link(self, visit_id: str) -> str:
        async with asyncio.timeout(HANG_GUARD):
            while True:
                for mail in self.plant.sink.mails:
                    if b"X-Message-Kind: staff_request" in mail.content and visit_id.encode() in mail.content:
                        flat = mail.content.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
                        found = re.search(r"https?://\S+(/staff/v/[\w.~-]+)", flat)
                        assert found is not None
                        return f"{self.api.url}{found[1]}"
                await asyncio.sleep(0.1)


def _write(*lines: str) -> None:
    if path := os.environ.get("SAID"):
        with Path(path).open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    nursery: Nursery, postgres_databases: PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    folder = tmp_path_factory.mktemp("drill")
    _, database = await postgres_databases.another(migrated=True)
    socket = postgres_databases.server.socket
    async with a_plant(nursery, database, folder, QUICK) as plant, proxy_running(Address(socket=socket)) as to_database:
        to_mail = await plant.stack.enter_async_context(proxy_running(Address(port=plant.sink.port)))
        plant.environ["ADAPTER__MAIL__SMTP__PORT"] = str(to_mail.port)
        metrics_port = plant.stack.enter_context(reserved_port())
        listener = {"ADAPTER__METRICS__HOST": "127.0.0.1", "ADAPTER__METRICS__PORT": str(metrics_port)}
        api = await plant.service("api", ("serve", "--no-worker"), through=to_database)
        worker = await plant.service("worker", ("worker",), through=to_database, environ=listener)
        environ = {**plant.environ, "ADAPTER__STORE__URL": database}
        people = await plant.control.prisoners("LEI", 20)
        targets = [api.url.removeprefix("http://"), f"127.0.0.1:{metrics_port}"]
        async with watching(plant.http, targets, folder) as watcher:
            yield Installation(plant, api, worker, to_database, to_mail, watcher, people, environ)


@pytest.fixture(autouse=True)
def _heading(request: pytest.FixtureRequest) -> None:
    _write("", f"=== {request.node.name}")


async def test_the_prison_system_does_not_answer(here: Installation) -> None:
    await here.plant.control.ask("POST", "/power", {"on": False})
    visit_id, state = await here.ask()
    assert state == "requested"
    await here.ask()
    assert (await here.alert("VisitsPrisonSystemAway"))["prison"] == "LEI"
    await here.logged("breaker.changed", here.api, state="open")
    health = await here.health()
    _write(json.dumps(health))
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
        _write(str(held))
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
    _write(*(row for row in page.splitlines() if re.match(r"visits_nomis_call_seconds_(sum|count)", row)))


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

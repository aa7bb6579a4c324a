"""`show`, `handover` and `doctor`, as an operator types them beside a running service."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.support.site import HANG_GUARD, QUICK, ROOT, Site, a_body, running_site
from tests.support.smtp_servers import scripted_server

PERSONAL = ("Oscar", "Nora", "Brightwell", "nora@example.com", "A1410AE", "1981-10-04", "447700900123", "Quillfeather")
STRANGER = {"first_name": "Zebedee", "last_name": "Quillfeather", "date_of_birth": "1983-06-21"}


async def run(site: Site, *words: str, **environ: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    settings = site.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", *words, "--config", str(ROOT / "config.toml")),
        cwd=ROOT,
        env={
            **os.environ,
            **QUICK,
            "ADAPTER__STORE__URL": settings.store.url,
            "ADAPTER__STAFF__LINK_KEY_FILE": str(settings.staff.link_key_file),
            "ADAPTER__NOMIS__BASE_URL": settings.nomis.base_url,
            "ADAPTER__MAIL__SMTP__PORT": str(settings.mail.smtp.port),
            **environ,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_show_tells_a_visits_life_without_personal_data(sqlite_database: str) -> None:
    async with running_site(sqlite_database) as site:
        visit = (await site.post(a_body()))["visit"]
        await site.mailed(visit["id"], 1)
        code, said = await run(site, "show", visit["id"])
        _, by_human_id = await run(site, "show", visit["human_id"].lower())
        _, all_of_it = await run(site, "show", visit["id"], "--personal")
        assert code == 0, said
        assert said == by_human_id
        for words in ("booked, step booked", "received → checking", f"{visit['id']}-1  held", "visitor_booked", "sent"):
            assert words in said
        assert [value for value in PERSONAL if value.lower() in said.lower()] == []
        assert "Nora Brightwell" in all_of_it
        assert "nora@example.com" in all_of_it


async def test_show_of_no_visit_is_one_sentence(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site:
        assert await run(site, "show", "ABCD1234") == (1, "Error: no such visit\n")


async def test_handover_lists_what_staff_have_and_sends_again_what_was_given_up(sqlite_database: str) -> None:
    async with (
        scripted_server(RCPT="550 no such mailbox") as mail,
        running_site(sqlite_database, mail=mail) as site,  # type: ignore[arg-type]
    ):
        visit = (await site.post(a_body(visitors=[STRANGER])))["visit"]
        async with asyncio.timeout(HANG_GUARD):
            while {row.state for row in await site.outbox(visit["id"])} != {"dead"}:
                await asyncio.sleep(0.02)
        before = {row.message_id: row.payload for row in await site.outbox(visit["id"])}
        site.stop.set()  # from here on nobody sends
        code, said = await run(site, "handover", "list")
        assert code == 0, said
        assert visit["human_id"] in said
        assert "visitor_not_on_list" in said
        assert "given up: 2" in said
        assert [value for value in PERSONAL if value.lower() in said.lower()] == []
        assert await run(site, "handover", "retry", visit["human_id"]) == (0, "queued again: 2\n")
        rows = await site.outbox(visit["id"])
        assert {row.state for row in rows} == {"queued"}
        assert {row.message_id: row.payload for row in rows} == before
        assert await run(site, "handover", "retry") == (0, "queued again: 0\n")


async def test_doctor_says_for_each_fault_what_to_do(sqlite_database: str, tmp_path: Path) -> None:
    keys = tmp_path / "link.keys"
    keys.write_text("a key\n")
    keys.chmod(0o644)
    async with running_site(sqlite_database, worker=False) as site:
        code, said = await run(
            site,
            "doctor",
            ADAPTER__STORE__URL=f"postgresql+asyncpg://somebody@/visits?host={tmp_path}",
            ADAPTER__NOMIS__BASE_URL="http://127.0.0.1:9/nomisapi",
            ADAPTER__MAIL__SMTP__PORT="9",
            ADAPTER__STAFF__LINK_KEY_FILE=str(keys),
        )
    assert code == 1
    assert "Traceback" not in said
    for name in ("database", "prison system", "clock of NOMIS", "mail server", "staff link keys"):
        assert f"failed  {name}" in said, said
    assert said.count("to do: ") == 5
    assert f"chmod 600 {keys}" in said

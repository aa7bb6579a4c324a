"""`visits-adapter purge`, `subject export` and `subject erase`, as somebody types them."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main
from adapter.cli._leftovers import tell_left
from adapter.clock import SystemClock
from adapter.config.store import StoreSettings
from adapter.store.engine import open_store
from adapter.store.leftovers import LeftOver
from tests.support.config_files import BASE, write
from tests.support.old_visits import MARKS, Rows, an_old_visit, some_feedback, store_rows

ROOT = Path(__file__).parents[2]
ADDRESS = "zebedee.q@example.org"
LONG_AGO = datetime.now(UTC) - timedelta(days=400)
"""The commands go by the machine's clock, and what is stored by this one's."""


def at_a_desk(folder: Path, url: str, *words: str) -> Result:
    keys = write(folder, "link.keys", "k" * 40)
    config = write(folder, "config.toml", BASE + f'[staff]\nlink_key_file = "{keys}"\n')
    return CliRunner().invoke(main, [*words, "--config", str(config)], env={"ADAPTER__STORE__URL": url})


def stored(url: str, *rows: Rows) -> None:
    async def work() -> None:
        store = open_store(StoreSettings(url=url), SystemClock())
        try:
            await store_rows(store, list(rows))
        finally:
            await store.close()

    asyncio.run(work())


@pytest.fixture
def database_url(database: str) -> str:
    """The commands have event loops of their own, so their tests have none."""
    return database


def test_purge_says_what_went_and_what_stays(database_url: str, tmp_path: Path) -> None:
    waiting = an_old_visit(2, LONG_AGO, step="with_staff", slot_granted=None, offender_id=2)
    stored(database_url, an_old_visit(1, LONG_AGO), waiting, some_feedback(LONG_AGO))
    first = at_a_desk(tmp_path, database_url, "purge", "--hold-up", "30")
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        "Removed: 1 visits, 1 pieces of feedback.",
        "Kept though they are older, since they are open: 1. Staff have to answer them.",
    ]
    assert [mark for mark in MARKS if mark in first.output] == []
    assert "Removed: 0 visits, 0 pieces" in at_a_desk(tmp_path, database_url, "purge").stdout


def test_purge_shows_how_far_it_is_to_whoever_looks(sqlite_database: str, tmp_path: Path) -> None:
    """At a terminal, and nowhere else."""
    stored(sqlite_database, *(an_old_visit(number, LONG_AGO) for number in range(250)))
    keys = write(tmp_path, "link.keys", "k" * 40)
    config = write(tmp_path, "config.toml", BASE + f'[staff]\nlink_key_file = "{keys}"\n')
    seen, ours = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "purge", "--config", str(config)],
        cwd=ROOT,
        env={**os.environ, "ADAPTER__STORE__URL": sqlite_database, "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=ours,
        text=True,
    )
    os.close(ours)
    shown = _all_of(seen)
    said, _ = process.communicate()
    assert process.returncode == 0, shown
    assert said == "Removed: 250 visits, 0 pieces of feedback.\n"
    assert "Removing visits" in shown
    assert "100%" in shown


def _all_of(terminal: int) -> str:
    """Everything that is written to it, until nobody has it open."""
    shown = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            more = b""
        if not more:
            os.close(terminal)
            return shown.decode()
        shown += more


def test_a_person_gets_what_is_kept_and_has_it_removed(database_url: str, tmp_path: Path) -> None:
    stored(database_url, an_old_visit(1, LONG_AGO), some_feedback(LONG_AGO))
    exported = json.loads(at_a_desk(tmp_path, database_url, "subject", "export", ADDRESS.upper()).stdout)
    assert len(exported) == 2
    assert [mark for mark in MARKS if mark not in json.dumps(exported)] == []
    erased = at_a_desk(tmp_path, database_url, "subject", "erase", ADDRESS)
    assert erased.exit_code == 0, erased.output
    assert erased.stdout == "Removed: 1 visits, 1 pieces of feedback.\n"
    assert json.loads(at_a_desk(tmp_path, database_url, "subject", "export", ADDRESS).stdout) == []


def test_erasing_says_what_stays(sqlite_database: str, tmp_path: Path) -> None:
    ahead = f"{(datetime.now(UTC) + timedelta(days=10)).date()}T14:00/16:00"
    staff = an_old_visit(2, LONG_AGO, step="with_staff", slot_granted=None, staff_why="closed_visit", trace=None)
    stored(sqlite_database, an_old_visit(1, LONG_AGO, slot_granted=ahead, offender_id=1), staff)
    said = at_a_desk(tmp_path, sqlite_database, "subject", "erase", ADDRESS).stdout
    assert said.splitlines() == [
        "Removed: 0 visits, 0 pieces of feedback.",
        "Withdrawn, but not finished: 1. Run this again once their messages have left.",
        "Booked and still to come: 1. Cancel them first, or run this again after the visit.",
    ]


def test_nobody_is_known_by_half_an_address(sqlite_database: str, tmp_path: Path) -> None:
    stored(sqlite_database, an_old_visit(1, LONG_AGO), some_feedback(LONG_AGO))
    for asked in ("zebedee", "q@example.org", "zebedee.q@example.or", "zebedee.q@example.org.uk", "%", ""):
        assert json.loads(at_a_desk(tmp_path, sqlite_database, "subject", "export", asked).stdout) == []


@pytest.mark.parametrize("words", [("purge",), ("subject", "export", ADDRESS), ("subject", "erase", ADDRESS)])
def test_of_a_database_where_nothing_ever_was_nothing_is_claimed(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A mistyped address must not look like a person of whom nothing is kept."""
    mistyped = f"sqlite+aiosqlite:///{tmp_path}/adaptr.db"
    said = at_a_desk(tmp_path, mistyped, *words)
    assert said.exit_code == 1
    assert said.stdout == ""
    assert "the database is empty: does [store] url name the one" in said.stderr
    assert at_a_desk(tmp_path, mistyped, *words).exit_code == 1  # nor was one set up meanwhile


def test_there_is_a_sentence_and_a_remedy_for_each_reason(capsys: pytest.CaptureFixture[str]) -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    tell_left(LeftOver)
    assert len(capsys.readouterr().out.splitlines()) == len(LeftOver)
    assert [reason for reason in LeftOver if f"| `{reason}` |" not in runbook] == []

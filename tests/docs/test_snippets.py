"""What README and docs tell the reader to type does what they say; no fence is left out."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import asyncpg
import click
import pytest

from adapter.cli import main
from booking_rules.lifecycle import Step
from tests.support.databases import PostgresDatabases
from tests.support.snippets import CHECKED, FOLLOWED, ROOT, Reader, Section, Snippet, sections, snippets

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SECTIONS = [section for page in PAGES for section in sections(page)]
SNIPPETS = [snippet for page in PAGES for snippet in snippets(page)]
MADE = {"life-of-a-visit.md"}
"""Pages whose diagrams are made from the code and compared with it by `tests/rules/test_rules_pages.py`."""


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.page}: {section.title}")
@pytest.mark.timeout(300)
async def test_the_commands_of_a_section_do_what_it_says(section: Section, tmp_path: Path) -> None:
    await Reader(tmp_path).follow(section)


def test_each_reader_has_something_to_run() -> None:
    titles = {section.title for section in SECTIONS if section.page == "tutorial.md"}
    assert titles >= {"For the frontend developer", "For the operator", "For the integration tester"}
    assert any(section.page == "README.md" for section in SECTIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_is_run_or_checked(page: Path) -> None:
    found = snippets(page)
    assert [snippet.kind for snippet in found if snippet.kind not in (*FOLLOWED, *CHECKED)] == []
    followed = sum(len(section.snippets) for section in sections(page))
    assert followed == sum(snippet.kind in FOLLOWED for snippet in found)
    lines = page.read_text(encoding="utf-8").splitlines()
    marks = sum(line.lstrip().startswith(("```", "~~~")) for line in lines)
    assert marks == 2 * len(found), "a fence that is indented, or not closed, is not seen"


def of(kind: str) -> list[Snippet]:
    return [snippet for snippet in SNIPPETS if snippet.kind == kind]


def test_what_a_person_runs_outside_is_known_to_make() -> None:
    """Such as the tests themselves, which can't run themselves."""
    for snippet in of("bash checked"):
        for line in snippet.text.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "make", line
            subprocess.run(["make", "-n", *arguments], cwd=ROOT, check=True, capture_output=True)


def test_drawings_tell_nobody_to_type_anything_and_name_steps_that_exist() -> None:
    for snippet in of("text drawing"):
        assert not re.search(r"visits-adapter|curl|\bmake\b|\$ ", snippet.text)
        if "received" in snippet.text:
            steps = set(re.findall(r"(?:^ |─► |► )([a-z_]+)", snippet.text, re.MULTILINE))
            assert steps <= {step.value for step in Step}
            assert len(steps) > 5


def test_diagrams_stand_on_pages_that_are_made_from_the_code() -> None:
    assert {snippet.page for snippet in of("mermaid")} <= MADE


async def test_statements_for_the_database_are_accepted_by_it(postgres_databases: PostgresDatabases) -> None:
    """As a superuser gives them to the role that compose.yaml names; taken back afterwards."""
    connection = await asyncpg.connect(postgres_databases.server.dsn("postgres"))
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("CREATE ROLE visits")
    for snippet in of("sql run"):
        await connection.execute(snippet.text)
    await transaction.rollback()
    await connection.close()


COMMANDS = sorted({
    found
    for page in PAGES
    for found in re.findall(r"`(visits-adapter [^`]+)`", page.read_text(encoding="utf-8"))
})  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_commands_in_sentences_exist_with_their_options(words: str) -> None:
    _, *given = shlex.split(words)
    command: click.Command = main
    context = click.Context(main)
    while given and isinstance(command, click.Group) and not given[0].startswith("-"):
        inner = command.get_command(context, _first_of(given.pop(0)))
        assert inner is not None, words
        command = inner
    options = {name for parameter in command.params for name in parameter.opts} | {"--help", "--version"}
    assert [word for word in given if word.startswith("-") and word not in options] == []


def _first_of(word: str) -> str:
    """`list|retry` names two."""
    return word.partition("|")[0]


def test_targets_that_sentences_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert named <= targets

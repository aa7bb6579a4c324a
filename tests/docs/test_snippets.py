"""What README and tutorial tell the reader to type does what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.snippets import Reader, Section, sections

ROOT = Path(__file__).parents[2]
SECTIONS = [*sections(ROOT / "README.md"), *sections(ROOT / "docs" / "tutorial.md")]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.page}: {section.title}")
@pytest.mark.timeout(300)
async def test_the_commands_of_a_section_do_what_it_says(section: Section, tmp_path: Path) -> None:
    await Reader(tmp_path).follow(section)


def test_each_reader_has_something_to_run() -> None:
    titles = {section.title for section in SECTIONS if section.page == "tutorial.md"}
    assert titles == {"For the frontend developer", "For the operator", "For the integration tester"}
    assert any(section.page == "README.md" for section in SECTIONS)

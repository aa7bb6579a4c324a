"""The decision records, held against what they speak of."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "docs" / "decisions"


def _name(requirement: str) -> str:
    """`PyJWT[crypto]` and `uvloop; sys_platform != 'win32'` without what follows the name."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0]


def _rows(heading: str) -> list[str]:
    """The first cells of the table under a heading of the record on libraries."""
    text = (RECORDS / "0002-libraries.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert all(len(why) > 10 for _, why in rows[1:])
    return [name for name, _ in rows[1:] if not name.startswith("-")]


def test_each_library_has_a_line_that_says_why_and_no_other_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    assert _rows("What the service runs with") == [_name(entry) for entry in project["project"]["dependencies"]]
    assert _rows("What it is built and tested with") == sorted(
        (_name(entry) for entry in groups["build"] + groups["dev"]), key=str.lower
    )


def test_records_are_numbered_without_gaps_and_fit_a_screen_or_so() -> None:
    names = sorted(path.name for path in RECORDS.glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        text = (RECORDS / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {int(name[:4])}. ")
        assert len(text.splitlines()) < 100

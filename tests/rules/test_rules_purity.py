"""The rules have no clock, and lint sees to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(source: str, path: str) -> str:
    """What ruff says about `source` if it stood at `path`."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "check", "--no-cache", "--quiet", "--output-format", "concise", "--stdin-filename", path, "-"]
    return subprocess.run(
        command, input=source, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    ).stdout


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n",
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
        "from datetime import datetime\n\nNOW = datetime.today()\n",
        "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
        "from datetime import date\n\nTODAY = date.today()\n",
        "import time\n\nNOW = time.time()\n",
        "from time import time\n\nNOW = time()\n",
        "from time import monotonic\n\nNOW = monotonic()\n",
    ],
)
def test_a_planted_clock_turns_lint_red(source: str) -> None:
    assert "TID251" in lint(source, "booking_rules/planted.py")


def test_what_the_rules_may_use_stays_green_and_the_rest_of_the_project_is_left_alone() -> None:
    pure = "from datetime import date, datetime, time\n\nNOON = datetime.combine(date(2026, 1, 1), time(12))\n"
    assert lint(pure, "booking_rules/planted.py") == ""
    clock = "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"
    assert lint(clock, "adapter/clock/planted.py") == ""


def test_the_rules_are_still_linted_by_the_rules_of_all() -> None:
    assert "F401" in lint("import json\n", "booking_rules/planted.py")

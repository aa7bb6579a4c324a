"""The pages on the rules say what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking_rules.diagram import attempt_diagram, visit_diagram
from booking_rules.lifecycle import ATTEMPT_TRANSITIONS, TRANSITIONS, AttemptState, Event, Step
from booking_rules.pages import PARTS, refreshed

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("rules.md", "life-of-a-visit.md")


@pytest.mark.parametrize("name", PAGES)
def test_the_made_parts_are_up_to_date(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert refreshed(page) == page, "run: make docs"


def test_every_made_part_stands_on_a_page() -> None:
    pages = "".join((DOCS / name).read_text(encoding="utf-8") for name in PAGES)
    assert [part for part in PARTS if pages.count(f"<!-- made: {part} -->") != 1] == []


def test_every_step_event_and_attempt_state_is_explained() -> None:
    page = (DOCS / "life-of-a-visit.md").read_text(encoding="utf-8")
    rows = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))
    assert [word for word in (*Step, *Event, *AttemptState) if f"`{word}`" not in rows] == []


def test_refreshing_replaces_what_stands_in_the_part_and_nothing_else() -> None:
    page = "a\n<!-- made: cancellations -->\nold\n<!-- end: cancellations -->\nb\n<!-- made: x -->\n"
    fresh = refreshed(page)
    assert fresh.startswith("a\n<!-- made: cancellations -->\n\n| reason | given by |\n| --- | --- |\n")
    assert fresh.endswith("| `capacity_issues` | staff |\n\n<!-- end: cancellations -->\nb\n<!-- made: x -->\n")
    assert "old" not in fresh
    assert refreshed(fresh) == fresh


def test_a_part_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        refreshed("<!-- made: weather -->\n<!-- end: weather -->")


def test_the_diagrams_show_every_transition_once() -> None:
    for diagram, transitions in ((visit_diagram(), TRANSITIONS), (attempt_diagram(), ATTEMPT_TRANSITIONS)):
        lines = diagram.splitlines()
        assert lines[0] == "stateDiagram-v2"
        for (state, event), target in transitions.items():
            assert lines.count(f"    {state} --> {target} : {event}") == 1
    assert visit_diagram().splitlines()[1] == "    [*] --> received"
    assert attempt_diagram().splitlines()[1] == "    [*] --> open"


def test_the_diagrams_show_where_it_ends() -> None:
    def ends(diagram: str) -> list[str]:
        return [line.split()[0] for line in diagram.splitlines() if line.endswith("--> [*]")]

    assert ends(visit_diagram()) == ["rejected", "cancelled"]
    assert ends(attempt_diagram()) == ["gone", "removed", "left"]
    assert len(visit_diagram().splitlines()) == 2 + len(TRANSITIONS) + 2
    assert len(attempt_diagram().splitlines()) == 2 + len(ATTEMPT_TRANSITIONS) + 3

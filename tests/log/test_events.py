"""The declared events, the page about them, and the places that log them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.log import events
from adapter.log.events import EVENTS
from adapter.log.fields import CONTEXT, FIELDS
from adapter.log.reference import page

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error"}
SOURCES = [
    path for package in ("adapter", "nomis_client", "notifier") for path in sorted((ROOT / package).rglob("*.py"))
]


def _log_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls such as `_log.info(...)` and `log.error(...)`, with the level."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS | {"exception", "critical"}
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"_log", "log", "logger", "_logger"}
        ):
            yield node.func.attr, node


def _event_of(call: ast.Call, package: str) -> str | None:
    first = call.args[0] if call.args else None
    if package != "adapter":
        return str(first.value) if isinstance(first, ast.Constant) else None
    if isinstance(first, ast.Attribute) and isinstance(first.value, ast.Name) and first.value.id == "events":
        return getattr(events, first.attr, None)
    return None


def test_every_event_is_logged_somewhere() -> None:
    logged: set[object] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "events":
                logged.add(str(getattr(events, node.attr, "")))
            elif isinstance(node, ast.Constant) and path.relative_to(ROOT).parts[0] != "adapter":
                logged.add(node.value)  # the other packages can't import the constants
    assert EVENTS.keys() - logged == set()


def test_the_page_is_what_the_declarations_say() -> None:
    assert (ROOT / "docs" / "log-events.md").read_text(encoding="utf-8") == page(), "run: python docs/generate.py"


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_a_noun_and_what_happened_to_it(name: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name)


def test_every_field_is_used_by_an_event_or_bound() -> None:
    assert FIELDS.keys() == CONTEXT.union(*(event.fields for event in EVENTS.values()))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_logged_is_declared(path: Path) -> None:
    """Every call names a constant of `events`, at its level, with its fields; other packages write its name out."""
    for level, call in _log_calls(ast.parse(path.read_text(encoding="utf-8"))):
        name = _event_of(call, path.relative_to(ROOT).parts[0]) or ""
        where = f"{path.name}:{call.lineno}"
        assert name in EVENTS, f"{where}: not a constant of adapter.log.events"
        declared = EVENTS[name]
        assert level == declared.level, f"{where}: {name} is declared as {declared.level}"
        given = {keyword.arg for keyword in call.keywords if keyword.arg} - {"exc_info"}
        assert given <= declared.fields | CONTEXT, f"{where}: {name} declares no {sorted(given - declared.fields)}"

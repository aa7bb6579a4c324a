"""What the code imports and what `pyproject.toml` declares are the same list."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"adapter", "nomis_client", "booking_rules", "notifier", "tests", "benchmarks"}

# Declared for what they bring, not for a name to import.
FOR_ITS_DATA = {"tzdata"}
TOOLS = {"asyncpg-stubs", "lxml-stubs", "types-jsonschema", "types-psutil"} | {
    *("editables", "hatchling", "import-linter", "mutmut", "mypy", "openapi-python-client", "py-spy", "ruff"),
    *("pytest-cov", "pytest-randomly", "pytest-timeout", "pytest-xdist"),
}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(requirements: Iterable[str]) -> set[str]:
    return {_canonical(re.split(r"[\[;<>=! ]", requirement, maxsplit=1)[0]) for requirement in requirements}


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imported(*folders: str) -> set[str]:
    """The distributions whose modules are imported below these folders."""
    modules = {
        module
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for module in _modules(ast.parse(path.read_text(encoding="utf-8")))
    }
    owners = packages_distributions()
    found: set[str] = set()
    for module in modules:
        top = module.partition(".")[0]
        if top in OURS or top in sys.stdlib_module_names:
            continue
        if top == "opentelemetry":  # one namespace, many distributions
            found.add(_telemetry(module))
        else:
            found.update(_canonical(owner) for owner in owners[top])
    return found


def _telemetry(module: str) -> str:
    if module.startswith("opentelemetry.sdk"):
        return "opentelemetry-sdk"
    if module.startswith("opentelemetry.exporter"):
        return "opentelemetry-exporter-otlp-proto-http"
    return "opentelemetry-api"


def test_the_service_declares_what_it_imports_and_imports_what_it_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = _declared(project["project"]["dependencies"])
    assert _imported("adapter", "nomis_client", "booking_rules", "notifier") == declared - FOR_ITS_DATA


def test_the_tests_do_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    service = _declared(project["project"]["dependencies"])
    dev = _declared(project["dependency-groups"]["dev"] + project["dependency-groups"]["build"])
    assert _imported("tests", "docs", "benchmarks") - service == dev - TOOLS - service

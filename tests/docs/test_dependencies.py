"""What the code imports and what `pyproject.toml` declares are the same list."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions, packages_distributions
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


def _extras(requirement: str) -> tuple[str, set[str]]:
    name, extras = re.match(r"([\w.-]+)\s*(?:\[([^\]]*)\])?", requirement).groups()  # type: ignore[union-attr]
    return _canonical(name), {_canonical(extra.strip()) for extra in (extras or "").split(",") if extra.strip()}


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


def test_whoever_is_asked_for_with_extras_is_locked_with_them() -> None:
    """Else pip looks for the newest release with these extras, and refuses it once there is a newer one than ours."""
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    locked = dict(_extras(line) for line in lines if "==" in line and not line.startswith(" "))
    asked = [_extras(line) for one in distributions() for line in one.requires or () if "extra ==" not in line]
    wanted = [(name, extras) for name, extras in asked if extras]
    assert wanted
    assert [(name, extras) for name, extras in wanted if name in locked and not extras <= locked[name]] == []

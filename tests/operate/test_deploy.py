"""What is shipped for running the service: container, compose file, manifests, unit, alerts, dashboard."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from click.testing import CliRunner
from prometheus_client import CollectorRegistry

from adapter.cli import main
from adapter.metrics import Metrics
from adapter.metrics.reference import touch
from tests.support.watcher import PROMTOOL

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_COMMAND = re.compile(r"visits-adapter ([a-z-]+)")


def _known() -> dict[str, set[str]]:
    """Names of all samples, with their labels."""
    registry = CollectorRegistry()
    touch(Metrics(registry))
    samples = [sample for family in registry.collect() for sample in family.samples]
    found: dict[str, set[str]] = {}
    for sample in samples:
        found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _expressions() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads((DEPLOY / "dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize(("name", "expression"), list(_expressions()))
def test_alerts_and_dashboard_name_only_metrics_and_labels_that_exist(name: str, expression: str) -> None:
    known = _known()
    names: set[str | None] = set()
    labels: set[str] = set()

    def look(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            names.add(part.name)
            labels.update(matcher.name for matcher in part.matchers.matchers)
        elif isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            labels.update(part.modifier.labels)

    promql_parser.walk(promql_parser.parse(expression), look)
    assert names, name
    assert names <= known.keys()
    assert labels <= set().union(*(known[str(metric)] for metric in names))


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def test_every_alert_leads_to_a_symptom_of_the_runbook() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    headings = {_slug(line.lstrip("# ")) for line in runbook.splitlines() if line.startswith("#")}
    described = (ROOT / "docs" / "alerts.md").read_text()
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            page, _, anchor = rule["annotations"]["runbook"].partition("#")
            assert page == "docs/runbook.md"
            assert anchor in headings, rule["alert"]
            assert f"`{rule['alert']}`" in described, rule["alert"]


@pytest.mark.parametrize("page", ["runbook.md", "operations.md", "reliability.md", "architecture.md"])
def test_commands_that_pages_name_exist(page: str) -> None:
    known = set(main.list_commands(main.make_context("visits-adapter", ["check-config"], resilient_parsing=True)))
    named = set(_COMMAND.findall((ROOT / "docs" / page).read_text()))
    assert named <= known, named - known


def test_the_commands_of_the_manifests_are_understood() -> None:
    for words in _commands():
        options = [word for word in words[1:] if word.startswith("--")]
        help_text = CliRunner().invoke(main, [words[0], "--help"]).output
        assert all(option in help_text for option in options), words


def _commands() -> Iterator[list[str]]:
    for service in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].values():
        if "command" in service:
            yield service["command"]
    for container in _containers():
        yield container["args"]
    (start,) = re.findall(r"ExecStart=\S+ (.*)", (DEPLOY / "visits-adapter.service").read_text())
    yield start.split()


def _containers() -> list[dict[str, Any]]:
    found = []
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            found += document["spec"].get("template", {}).get("spec", {}).get("containers", [])
    return found


def test_containers_may_nothing_they_need_not() -> None:
    assert len(_containers()) == 3
    for container in _containers():
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER 10001", dockerfile, re.MULTILINE)
    assert "HEALTHCHECK" in dockerfile


def test_long_lived_containers_have_their_probes() -> None:
    for container in _containers():
        if container["args"][0] in ("serve", "worker"):
            paths = {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
            assert paths == {"/health/liveness", "/health/readiness"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0),
        (b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", 1),
        (b"nothing that is HTTP\r\n", 1),
        (b"", 1),
    ],
)
async def test_the_containers_health_check_says_yes_or_no_whatever_answers(answer: bytes, code: int) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/health/liveness"
        checked = await asyncio.create_subprocess_exec(
            sys.executable, str(DEPLOY / "healthcheck.py"), url, stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await checked.communicate()
    assert (checked.returncode, complaint) == (code, b"")


def test_what_the_image_is_built_from_is_let_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert source in let_through, source
                assert (ROOT / source).exists()


@pytest.mark.deploy
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts-test.yml")])
def test_prometheus_itself_takes_the_alerts_and_they_ring_when_they_should(words: tuple[str, ...]) -> None:
    done = subprocess.run([PROMTOOL, *words], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.deploy
def test_every_alert_has_a_case_in_which_it_rings() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    cases = (DEPLOY / "alerts-test.yml").read_text()
    for rule in rules:
        assert f'labels: \'{{alertname="{rule["alert"]}"' in cases, rule["alert"]


@pytest.mark.deploy
@pytest.mark.timeout(600)
async def test_the_steps_of_the_image_work_without_a_container_engine() -> None:
    process = await asyncio.create_subprocess_exec(
        "bash",
        str(DEPLOY / "try-without-docker.sh"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().splitlines()[-1] == "works"

"""A client that a generator made from the description walks the path: what we describe is what can be used."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
import requests

from tests.support.api_site import BORN, LEEDS, Site
from tests.support.served_in_thread import served_in_thread

PACKAGE = "generated_visits_client"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with served_in_thread(site.app()) as url:
        yield url


@pytest.fixture(scope="module")
def generated(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The client's package, importable."""
    folder = tmp_path_factory.mktemp("generated")
    document = requests.get(f"{address}/api/openapi.json", timeout=30).json()
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "config.yml").write_text(f"package_name_override: {PACKAGE}\npost_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta=none", "--fail-on-warning"]
    files = ["--path=openapi.json", "--config=config.yml", f"--output-path={folder / PACKAGE}"]
    made = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, timeout=100)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_it_walks_the_path(generated: Path, address: str, site: Site) -> None:
    def module(name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    def call(operation: str, **arguments: Any) -> Any:
        (file,) = generated.glob(f"{PACKAGE}/api/*/{operation}.py")
        endpoint = module(f"api.{file.parent.name}.{operation}")
        return endpoint.sync(client=client, **arguments)

    models = module("models")
    with module("client").Client(base_url=address, raise_on_unexpected_status=True) as client:
        _walk(models, call, site)


def _walk(models: ModuleType, call: Callable[..., Any], site: Site) -> None:
    prisons = call("list_prisons").prisons
    assert [prison.id for prison in prisons if prison.name == "Leeds"] == [UUID(LEEDS.id)]
    assert call("show_prison", id=UUID(LEEDS.id)).prison.max_visitors == 6

    check = models.PrisonerCheckIn(number="A1234BC", date_of_birth=BORN)
    assert call("validate_prisoner", body=check).validation.valid is True
    party = models.VisitorsCheckIn(
        prison_id=UUID(LEEDS.id), lead_date_of_birth=date(1985, 12, 10), dates_of_birth=[date(1985, 12, 10)]
    )
    assert call("validate_visitors", body=party).validation.valid is True

    days = {"start_date": date(2026, 12, 1), "end_date": date(2026, 12, 20)}
    slots = call("list_slots", prison_id=UUID(LEEDS.id), prisoner_number="A1234BC", prisoner_dob=BORN, **days).slots
    assert site.choices()[0] in slots.additional_properties

    made = call("request_visit", body=models.VisitIn.from_dict(site.request()), idempotency_key="k1")
    assert made.visit.processing_state == "booked"
    assert made.outcome.decision == "booked"
    shown = call("show_visit", id=made.visit.human_id)
    assert shown.visit.id == made.visit.id
    gone = call("withdraw_or_cancel_visit", id=str(made.visit.id))
    assert gone.visit.processing_state == "cancelled"

    unknown = call("show_visit", id="00000000")
    assert (unknown.message, unknown.status) == ("Not found", 404)
    refused = call("request_visit", body=models.VisitIn.from_dict(site.request(slot_options=[])))
    assert refused.errors[0].pointer == "/slot_options"
    feedback = models.FeedbackIn(feedback=models.FeedbackTextIn(body="Diolch"))
    call("send_feedback", body=feedback)
    assert site.bookings.feedback[0].body == "Diolch"
    assert call("show_mode", prison_id=UUID(LEEDS.id)).mode.mode == "real_time"
    assert call("show_health").status == "UP"

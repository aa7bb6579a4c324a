"""Schemathesis holds the API against its own description, with data that fits it and data that doesn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from pydantic_core import to_json
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from adapter.http.description import description
from tests.support.api_site import LEEDS, Site
from tests.support.served_in_thread import served_in_thread

_document = description("1", "http://127.0.0.1", "none").document
schema = schemathesis.openapi.from_dict(json.loads(to_json(_document)))

NOT_HELD: list[Any] = [
    # What fits the description can still be refused: a date may be past, a slot off the timetable, a prison unknown.
    positive_data_acceptance,
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served_in_thread(Site().app()) as url:
        yield url


@pytest.fixture(scope="module")
def known_visit(address: str) -> str:
    made = requests.post(f"{address}/api/visits", json=Site().request(), timeout=30)
    return str(made.json()["visit"]["id"])


def _hold(case: schemathesis.Case[Any], address: str, known_visit: str) -> None:
    _make_real(case, known_visit)
    case.call_and_validate(base_url=address, excluded_checks=NOT_HELD, timeout=30)


def _make_real(case: schemathesis.Case[Any], known_visit: str) -> None:
    """Some of what was made up to fit becomes what exists: else nothing would ever get as far as a visit."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    real = {
        "prison_id": LEEDS.id,
        "id": known_visit if "visits" in case.path else LEEDS.id,
        "contact_phone_no": "01632 960 123",
        "slot_options": Site().choices(),
        "visitors": Site().request()["visitors"],
        "prisoner": Site().request()["prisoner"],
    }
    for where in (case.path_parameters, case.query, case.body):
        if isinstance(where, dict):
            for name in where.keys() & real.keys():
                if isinstance(where[name], type(real[name])) and crc32(repr(where[name]).encode()) % 3:
                    where[name] = real[name]


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_some_cases(case: schemathesis.Case[Any], address: str, known_visit: str) -> None:
    _hold(case, address, known_visit)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@schema.parametrize()
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_2000_cases(case: schemathesis.Case[Any], address: str, known_visit: str) -> None:
    """250 of each of the eight operations that take anything, and what there is of the others."""
    _hold(case, address, known_visit)

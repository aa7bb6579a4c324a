"""Schemathesis holds the API against its own description, with data that fits it and data that doesn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.support.api_site import Site
from tests.support.databases import SqliteDatabases
from tests.support.served_in_thread import served_in_thread
from tests.support.site import a_body
from tests.support.site_in_thread import site_in_thread

_document = description("1", "http://127.0.0.1", "none").document
schema = schemathesis.openapi.from_dict(json.loads(to_json(_document)))

NOT_HELD: list[Any] = [
    # What fits the description can still be refused: a date may be past, a slot off the timetable, a prison unknown.
    positive_data_acceptance,
]


@dataclass(frozen=True)
class Served:
    """An API, and a request that it takes."""

    address: str
    request: dict[str, Any]
    visit_id: str


def _served(address: str, request: dict[str, Any]) -> Served:
    made = requests.post(f"{address}/api/visits", json=request, timeout=30)
    return Served(address, request, str(made.json()["visit"]["id"]))


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Served]:
    """In front of bookings in memory."""
    site = Site()
    with served_in_thread(site.app()) as address:
        yield _served(address, site.request())


@pytest.fixture(scope="module")
def in_earnest(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """In front of the whole service: database, worker, prison system, mail server."""
    with site_in_thread(sqlite_databases.fresh(tmp_path_factory.mktemp("served"))) as site:
        yield _served(site.url, a_body())


def _hold(case: schemathesis.Case[Any], served: Served) -> None:
    _make_real(case, served)
    case.call_and_validate(base_url=served.address, excluded_checks=NOT_HELD, timeout=30)


def _make_real(case: schemathesis.Case[Any], served: Served) -> None:
    """Some of what was made up to fit becomes what exists: else nothing would ever get as far as a visit."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    real = {**served.request, "id": served.visit_id if "visits" in case.path else served.request["prison_id"]}
    for where in (case.path_parameters, case.query, case.body):
        if isinstance(where, dict):
            for name in where.keys() & real.keys():
                if isinstance(where[name], type(real[name])) and crc32(repr(where[name]).encode()) % 3:
                    where[name] = real[name]


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_some_cases(case: schemathesis.Case[Any], in_memory: Served) -> None:
    _hold(case, in_memory)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@schema.parametrize()
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_2000_cases(case: schemathesis.Case[Any], in_earnest: Served) -> None:
    """250 of each of the eight operations that take anything, and what there is of the others."""
    _hold(case, in_earnest)

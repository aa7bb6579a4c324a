"""The documentation page is what the code does."""

from __future__ import annotations

import re
import typing
from pathlib import Path

from nomis_client.fake.actions import Action
from nomis_client.fake.control import Control
from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault, FaultKind
from nomis_client.fake.installation import Installation
from nomis_client.fake.pages import FAULTS, PARTS, refreshed
from tests.support.fake_nomis import a_world

PAGE = Path(__file__).parents[2] / "docs" / "fake-nomis.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_made_parts_are_up_to_date() -> None:
    """`make docs` makes them."""
    assert refreshed(TEXT) == TEXT
    assert {part for part in PARTS if f"made: {part} " in TEXT} == set(PARTS)


def test_every_fault_is_described() -> None:
    assert set(FAULTS) == set(FaultKind)


def test_every_action_says_what_it_does() -> None:
    union, _ = typing.get_args(Action)
    assert all(model.__doc__ for model in typing.get_args(union))


def test_every_member_of_a_fault_is_explained() -> None:
    assert [name for name in Fault.model_fields if f"`{name}`" not in TEXT] == []


def test_every_setting_of_an_installation_is_named() -> None:
    assert [name for name in Installation.model_fields if f"`{name}`" not in TEXT] == []


def test_every_control_call_is_named() -> None:
    from aiohttp import web

    app = web.Application()
    prisons = a_world()
    Control(Engine(prisons.state, prisons.time)).add_to(app)
    paths = {str(route.resource.canonical).rpartition("/")[2] for route in app.router.routes() if route.resource}
    assert [path for path in paths if not re.search(rf"[`( ]{path}[`?]", TEXT)] == []

"""config.toml at the root, and the page made of it."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from adapter.config import Settings, bank_holidays, load
from adapter.config.complaint import KeyPath
from adapter.config.reference import page
from adapter.config.settings import Tree
from adapter.config.tree import ANY, Setting, settings_of
from adapter.config.written import read_written
from booking_rules.calendar import bookable_slots

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "config.toml").read_text(encoding="utf-8")
WRITTEN = read_written(TEXT)
PRISONS = ("LEI", "CFI", "LCI")
SETTINGS = {".".join(setting.path): setting for setting in settings_of(Tree)}
# What a prison is: there is nothing that the shipped ones would have to agree with.
ITS_OWN = {"id", "nomis_id", "name", "name_cy", "address", "postcode", "email_address", "phone_no", "finder_url"} | {
    "real_time",
    "unbookable",
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load([ROOT / "config.toml"], {})


def _of(setting: Setting, prison: str) -> KeyPath:
    """Its path in the file, for one prison."""
    first, *rest = setting.path
    return (first, prison, *rest[1:]) if first == "prisons" else setting.path


def _value(path: KeyPath) -> object:
    value: object = tomllib.loads(TEXT)
    for key in path:
        assert isinstance(value, dict)
        value = value[key]
    return value


def test_it_runs_as_it_is(settings: Settings) -> None:
    assert settings.nomis.base_url == "http://127.0.0.1:8090/nomisapi"
    assert (settings.mail.smtp.host, settings.mail.smtp.port) == ("127.0.0.1", 1025)
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8080)
    assert not settings.store.on_postgresql


@pytest.mark.parametrize("name", SETTINGS)
def test_it_holds_every_setting_with_a_comment_that_says_why(name: str) -> None:
    setting = SETTINGS[name]
    path = _of(setting, "LEI")
    if path[-1] == ANY:
        assert path[:-1] in WRITTEN.tables
        return
    entry = WRITTEN.entries[path]
    assert len(entry.about) > 10
    assert entry.about.endswith((".", ":", ")")), "a whole sentence"
    if setting.annotation is float:
        assert "Seconds" in entry.about or "0 to 1" in entry.about, "a number has a unit"


def test_it_holds_nothing_else() -> None:
    known = {_of(setting, prison) for setting in SETTINGS.values() for prison in PRISONS}
    free = {path[:-1] for path in known if path[-1] == ANY}
    assert {path for path in WRITTEN.entries if path not in known and path[:-1] not in free} == set()


@pytest.mark.parametrize("name", SETTINGS)
def test_what_it_says_is_what_goes_without_saying(name: str) -> None:
    """Where a setting has a default the file shows it; what is not set there has none."""
    setting = SETTINGS[name]
    if setting.path[-1] == ANY or (setting.path[0] == "prisons" and setting.path[-1] in ITS_OWN):
        return
    assert setting.declared is not None
    default = setting.declared.default
    assert default is not PydanticUndefined
    for prison in PRISONS:
        path = _of(setting, prison)
        if default in (None, ""):
            assert path in WRITTEN.entries
        else:
            assert WRITTEN.entries[path].is_set
            assert json.dumps(_value(path)) == json.dumps(default, default=str)


@pytest.mark.parametrize("prison", PRISONS)
def test_each_prison_is_there_in_full(prison: str, settings: Settings) -> None:
    keys = {setting.path[2] for setting in SETTINGS.values() if setting.path[0] == "prisons"}
    assert set(tomllib.loads(TEXT)["prisons"][prison]) == keys
    known = settings.prisons.by_key(prison)
    assert known is not None
    assert known.in_use
    assert known.real_time
    assert known.address
    assert known.email_address.endswith("@example.com")
    # Ofcom keeps these for drama: nobody has them.
    assert known.phone_no.startswith(("0113 496 0", "029 2018 0", "0116 496 0"))


def test_the_three_timetables(settings: Settings) -> None:
    def timetable(key: str) -> dict[int, list[str]]:
        prison = settings.prisons.by_key(key)
        assert prison is not None
        return {
            day: [f"{session.begin:%H%M}-{session.end:%H%M}" for session in sessions]
            for day, sessions in prison.recurring.items()
        }

    afternoon = ["1400-1600"]
    assert timetable("LEI") == {0: afternoon, 2: afternoon, 4: afternoon, 5: ["0930-1130", *afternoon], 6: afternoon}
    assert timetable("CFI") == {day: ["0930-1030", "1400-1500"] for day in (1, 3, 5)}
    assert timetable("LCI") == {day: ["1400-1500"] for day in range(7)}
    cardiff = settings.prisons.by_key("CFI")
    assert cardiff is not None
    assert cardiff.name_in("cy") == "Caerdydd"


@pytest.mark.parametrize("weeks", range(0, 520, 13))
def test_it_never_goes_stale(weeks: int, settings: Settings) -> None:
    today = date(2026, 1, 1) + timedelta(weeks=weeks)
    holidays = bank_holidays([today.year, today.year + 1])
    for prison in settings.prisons.all():
        assert len(bookable_slots(prison, today, holidays)) >= 8


def test_the_page_is_what_the_tree_says() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == page(TEXT), (
        "run: python docs/generate.py"
    )

"""Prisons as they are configured: what is read of them, and what is wrong with them."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest

from adapter.config import PrisonBook, Registry
from booking_rules.prisons import Prison
from booking_rules.slots import TimeRange
from tests.support.config_files import a_prison, loaded, refused, write


def a_known_prison(key: str, name: str = "", prison_id: str = "") -> Prison:
    return Prison(key=key, id=prison_id or str(UUID(int=len(key) + ord(key[0]))), nomis_id="LEI", name=name or key)


def test_a_prison_in_full(tmp_path: Path) -> None:
    more = """
name_cy = "Caerdydd"
address = "Knox Road\\nCardiff"
postcode = "CF24 0UG"
phone_no = "029 2018 0010"
finder_url = "https://www.gov.uk/guidance/cardiff-prison"
enabled = false
closed = true
private = true
adult_age = 16
lead_days = 2
booking_window = 21
weekend_processing = true
real_time = true
unbookable = ["2031-12-25", 2031-12-26]
"""
    timetable = 'mon = ["1400-1600", "0930-1130"]\nsun = []\n[prisons.CFI.anomalous]\n"2031-12-24" = ["0900-1000"]'
    prison = loaded(tmp_path, a_prison(7, "CFI", more, timetable)).prisons.by_key("CFI")
    assert prison == Prison(
        key="CFI",
        id=str(UUID(int=7)),
        nomis_id="LEI",
        name="Leeds 7",
        name_cy="Caerdydd",
        address="Knox Road\nCardiff",
        postcode="CF24 0UG",
        email_address="visits.leeds@example.com",
        phone_no="029 2018 0010",
        finder_url="https://www.gov.uk/guidance/cardiff-prison",
        enabled=False,
        closed=True,
        private=True,
        adult_age=16,
        lead_days=2,
        booking_window=21,
        weekend_processing=True,
        real_time=True,
        unbookable=frozenset({date(2031, 12, 25), date(2031, 12, 26)}),
        recurring={0: (TimeRange(time(9, 30), time(11, 30)), TimeRange(time(14), time(16))), 6: ()},
        anomalous={date(2031, 12, 24): (TimeRange(time(9), time(10)),)},
    )


def test_without_a_code_the_table_is_named_by_it(tmp_path: Path) -> None:
    text = a_prison(1, "CFI").replace('nomis_id = "LEI"\n', "")
    prison = loaded(tmp_path, text).prisons.by_key("CFI")
    assert prison is not None
    assert prison.nomis_id == "CFI"
    assert prison.address is None


@pytest.mark.parametrize(
    ("prison", "fault"),
    [
        (a_prison(more='unbookable = ["2031-12-25", "2031-12-25"]'), "unbookable: 2031-12-25 is there twice"),
        (a_prison(more='unbookable = ["2031-02-30"]'), "unbookable: '2031-02-30' is no date"),
        (a_prison(more='unbookable = ["20311225"]'), "unbookable: '20311225' is no date"),
        (
            a_prison(more='unbookable = ["2031-12-25"]') + '[prisons.LEI.anomalous]\n"2031-12-25" = ["0900-1000"]\n',
            "2031-12-25 is both unbookable and anomalous",
        ),
        (a_prison(timetable='mon = ["1400-1600", "1500-1700"]'), "1400-1600 and 1500-1700 overlap"),
        (a_prison(timetable='mon = ["1400-1600", "1400-1600"]'), "1400-1600 is there twice"),
        (a_prison(timetable='mon = ["1600-1400"]'), "recurring] mon: '1600-1400': a session ends after it begins"),
        (a_prison(timetable='mon = ["14:00-16:00"]'), "recurring] mon: '14:00-16:00': not of the form HHMM-HHMM"),
        (a_prison(timetable='mon = ["2500-2600"]'), "recurring] mon: '2500-2600': "),
        (a_prison(timetable='monday = ["1400-1600"]'), "recurring] monday: is no weekday; they are mon, tue"),
        (a_prison(timetable='mon = "1400-1600"'), "[prisons.LEI.recurring] mon: should be a valid array"),
        (a_prison() + '[prisons.LEI.anomalous]\n"24 Dec" = ["0900-1000"]\n', "anomalous: '24 Dec' is no date"),
        (a_prison() + '[prisons.LEI.anomalous]\n"2031-03-30" = ["0130-0300"]\n', "the clocks go forward over"),
        (a_prison(more="adult_age = 19"), "adult_age must be from 5 to 18"),
        (a_prison(more="adult_age = '18'"), "[prisons.LEI] adult_age: should be a valid integer"),
        (a_prison(more="booking_window = 29"), "booking_window must be from 1 to 28"),
        (a_prison(more="lead_days = 0"), "lead_days must be at least 1"),
        (a_prison(more='finder_url = "www.gov.uk"'), "finder_url: must begin with http"),
        (a_prison().replace('LEI"', 'leeds"'), "nomis_id: must be the prison system's code, three capital letters"),
        (a_prison(key="LEI-THE-OLD-ONE-BY-THE-RIVER"), "the table's name must be a letter and up to 15"),
        (a_prison(key='"1 LEI"'), "the table's name must be a letter and up to 15"),
        (a_prison().replace('name = "Leeds 1"', 'name = " "'), "name: is missing"),
        (a_prison().replace(str(UUID(int=1)), "1234"), "id: must be a UUID"),
        (a_prison().replace(str(UUID(int=1)), f"{{{UUID(int=1)}}}"), "id: must be a UUID"),
        (a_prison().replace("visits.leeds@example.com", ""), "email_address: is missing: an enabled prison needs"),
        (a_prison().replace("visits.leeds@", "Leeds <visits.leeds@"), "email_address: must be one plain email address"),
        (a_prison().replace("example.com", "example.com, b@example.com"), "email_address: must be one plain email"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, prison: str, fault: str) -> None:
    complaints = refused(tmp_path, prison)
    assert len(complaints) == 1, complaints
    assert fault in complaints[0]
    assert "LEI" in complaints[0]


def test_two_prisons_can_not_have_one_id_but_may_have_one_code(tmp_path: Path) -> None:
    (complaint,) = refused(tmp_path, a_prison(1, "AAA") + a_prison(1, "BBB"))
    assert complaint.endswith("[prisons.BBB] id: is the id of [prisons.AAA] too")
    (complaint,) = refused(tmp_path, a_prison(10, "AAA") + a_prison(10, "BBB").replace("00000a", "00000A"))
    assert complaint.endswith("[prisons.BBB] id: is the id of [prisons.AAA] too")
    assert len(loaded(tmp_path, a_prison(1, "AAA") + a_prison(2, "BBB")).prisons) == 2


def test_a_disabled_prison_needs_no_mailbox(tmp_path: Path) -> None:
    loaded(tmp_path, a_prison(more="enabled = false").replace("visits.leeds@example.com", ""))


def test_all_faults_of_all_prisons_are_told_at_once(tmp_path: Path) -> None:
    first = a_prison(1, "AAA", more='unbookable = ["2031-12-25", "2031-12-25"]', timetable='xyz = ["1"]')
    second = '[prisons.BBB]\nadult_age = 99\n[prisons.BBB.recurring]\nmon = ["1400-1600", "1500-1700"]\n'
    third = "[prisons.CCC]\nenabled = 1\nlead_days = 'x'\n"
    complaints = "\n".join(refused(tmp_path, first + second + third))
    for fault in (
        "[prisons.AAA] unbookable: 2031-12-25 is there twice",
        "[prisons.AAA.recurring] xyz: is no weekday",
        "[prisons.BBB] id: must be a UUID",
        "[prisons.BBB] name: is missing",
        "[prisons.BBB] email_address: is missing",
        "[prisons.BBB]: adult_age must be",
        "[prisons.BBB]: recurring, Monday: 1400-1600 and 1500-1700 overlap",
        "[prisons.CCC] enabled: should be a valid boolean",
        "[prisons.CCC] lead_days: should be a valid integer",
    ):
        assert fault in complaints


def test_what_is_malformed_hides_no_other_fault_and_makes_none(tmp_path: Path) -> None:
    table = """
[prisons.LEI]
id = 7
name = "Leeds"
email_address = "visits.leeds@example.com, b@example.com"
lead_days = "three"
booking_window = 2
adult_age = 99
colour = "red"
unbookable = [1, "2031-12-25", 2, "2031-12-25", "2031-12-24"]
[prisons.LEI.recurring]
mon = "1400-1600"
tue = ["1600-1400", 3]
[prisons.LEI.anomalous]
"2031-12-24" = ["0900-1000"]
"2031-12-23" = [9]
"""
    told = sorted(line.split("prisons.LEI")[1] for line in refused(tmp_path, table))
    expected = [
        ".anomalous.2031-12-23] 0: should be a valid string",
        ".recurring] mon: should be a valid array",
        ".recurring.tue] 1: should be a valid string",
        ".recurring] tue: '1600-1400': a session ends after it begins",
        "] colour: there is no such setting",
        "] email_address: must be one plain email address",
        "] id: should be a valid string",
        "] lead_days: should be a valid integer",
        ".unbookable] 0: should be a valid string",
        ".unbookable] 2: should be a valid string",
        "] unbookable: 2031-12-25 is there twice",
        "]: 2031-12-24 is both unbookable and anomalous",
        "]: adult_age must be from 5 to 18",
    ]
    assert told == sorted(expected)


def test_whether_a_mailbox_is_needed_is_not_guessed(tmp_path: Path) -> None:
    text = a_prison(more="enabled = 'no'").replace("visits.leeds@example.com", "")
    (complaint,) = refused(tmp_path, text)
    assert "enabled: should be a valid boolean" in complaint


def test_130_prisons_in_files_of_their_own_load_at_once(tmp_path: Path) -> None:
    days = "\n".join(f'{day} = ["0930-1130", "1400-1600"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    for number in range(1, 131):
        write(tmp_path, f"prisons/{number}.toml", a_prison(number, f"P{number}", timetable=days))
    began = monotonic()
    assert len(loaded(tmp_path, 'include = ["prisons/*.toml"]\n').prisons) == 130
    assert monotonic() - began < 20  # a guard against something quadratic; it takes a fraction of a second


def test_a_book_finds_by_id_and_key_and_lists_by_name() -> None:
    leeds, cardiff = a_known_prison("LEI", "Leeds"), a_known_prison("CFI", "Cardiff")
    book = PrisonBook([leeds, cardiff])
    assert book.all() == tuple(book) == (cardiff, leeds)
    assert book.by_id(leeds.id) is leeds
    assert book.by_id(leeds.id.upper()) is leeds
    assert book.by_key("CFI") is cardiff
    for text in ("", "nonsense", str(UUID(int=999)), leeds.id.replace("-", "+")):
        assert book.by_id(text) is None
    assert book.by_key("cfi") is None
    assert book == PrisonBook([cardiff, leeds])
    assert book != PrisonBook([leeds])


def test_a_replacement_is_seen_by_whoever_asks_and_not_by_whoever_holds_the_old_book() -> None:
    old, new = PrisonBook([a_known_prison("LEI")]), PrisonBook([a_known_prison("CFI")])
    registry = Registry(old)
    held = registry.current
    registry.replace(new)
    assert registry.current == new
    assert held.by_key("LEI") is not None


def test_a_prison_that_is_gone_but_has_open_visits_stays_known_as_disabled() -> None:
    leeds, cardiff = a_known_prison("LEI", "Leeds"), a_known_prison("CFI", "Cardiff")
    registry = Registry(PrisonBook([leeds, cardiff]))
    current = registry.replace(PrisonBook([cardiff]), keep_keys={"LEI", "CFI", "XXX"})
    kept = current.by_key("LEI")
    assert kept is not None
    assert not kept.in_use
    assert current.by_id(leeds.id) is kept
    assert current.by_key("CFI") is cardiff
    assert len(current) == 2
    # It stays for as long as it is needed, and is itself again once it is configured again.
    assert registry.replace(PrisonBook([cardiff]), keep_keys={"LEI"}).by_key("LEI") == kept
    assert registry.replace(PrisonBook([cardiff, leeds]), keep_keys={"LEI"}).by_key("LEI") is leeds
    assert registry.replace(PrisonBook([cardiff])).by_key("LEI") is None


def test_an_id_that_went_to_another_prison_is_that_prisons() -> None:
    leeds = a_known_prison("LEI")
    heir = a_known_prison("LEX", prison_id=leeds.id)
    registry = Registry(PrisonBook([leeds]))
    current = registry.replace(PrisonBook([heir]), keep_keys={"LEI"})
    assert current.by_id(leeds.id) is heir
    assert current.by_key("LEI") is not None


def test_reading_the_same_files_again_gives_equal_prisons(tmp_path: Path) -> None:
    assert loaded(tmp_path, a_prison()).prisons == loaded(tmp_path, a_prison()).prisons

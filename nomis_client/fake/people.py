"""The people that every seeded fake knows: one for each thing that can be the matter. All are made up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from nomis_client.fake.entities import Allowance, Contact, Prisoner, Restriction

OVER_32_BITS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """`key` names the case in tests; `case` tells people what to expect."""

    key: str
    case: str
    prisoner: Prisoner


def known_people(today: date) -> tuple[KnownPerson, ...]:
    """The well-known prisoners. Only restrictions depend on `today`; they began in the past and have no end."""
    since = today - timedelta(days=30)
    return (*_ordinary(since), *_leeds_cases(since))


def _ordinary(since: date) -> tuple[KnownPerson, ...]:
    brightwell = Prisoner(
        noms_id="A1410AE",
        offender_id=1057307,
        given_name="OSCAR",
        surname="BRIGHTWELL",
        date_of_birth=date(1981, 10, 4),
        prison="LEI",
        housing="LEI-A-2-003",
        contacts=(
            Contact(
                id=13428,
                given_name=" NORA",
                middle_names="JANE",
                surname="BRIGHTWELL ",
                date_of_birth=date(1983, 6, 21),
                gender="F",
                relationship="WIFE",
            ),
            Contact(
                id=13429,
                given_name="IVY",
                surname="BRIGHTWELL",
                date_of_birth=date(2016, 2, 9),
                gender="F",
                relationship="DAU",
            ),
            Contact(
                id=13430,
                given_name="SEAN",
                surname="O'NEILL ",
                date_of_birth=date(1979, 11, 30),
                gender="M",
                relationship="FRI",
            ),
            Contact(
                id=13430,
                given_name="SEAN",
                surname="O'NEILL ",
                date_of_birth=date(1979, 11, 30),
                gender="M",
                relationship="COU",
            ),
            Contact(
                id=13431,
                given_name="PHILIPPA",
                surname="LOCKE",
                date_of_birth=date(1972, 1, 15),
                relationship="SOL",
                contact_type="O",
            ),
            Contact(
                id=13432,
                given_name="DENNIS",
                surname="BRIGHTWELL",
                date_of_birth=date(1952, 3, 8),
                gender="M",
                relationship="FA",
                active=False,
            ),
            Contact(
                id=13433,
                given_name="GAVIN",
                surname="PIKE",
                date_of_birth=date(1988, 8, 19),
                gender="M",
                approved=False,
            ),
        ),
    )
    parry = Prisoner(
        noms_id="A2502CF",
        offender_id=OVER_32_BITS + 2502,
        given_name="GETHIN",
        surname="PARRY",
        date_of_birth=date(1990, 3, 17),
        prison="CFI",
        housing="CFI-B-1-014",
        contacts=(
            Contact(
                id=23501,
                given_name="SIÂN",
                surname="PARRY",
                date_of_birth=date(1991, 7, 2),
                gender="F",
                relationship="SIS",
            ),
            Contact(
                id=23502,
                given_name="MARY-JANE",
                surname="HOWELLS",
                date_of_birth=date(1964, 12, 24),
                gender="F",
                relationship="MOT",
            ),
            Contact(
                id=23503,
                given_name="EMRYS",
                surname="PARRY",
                date_of_birth=date(2018, 5, 28),
                gender="M",
                relationship="SON",
            ),
        ),
    )
    adeyemi = Prisoner(
        noms_id="A3603LC",
        offender_id=1060021,
        given_name="DESMOND",
        surname="ADEYEMI",
        date_of_birth=date(1975, 5, 9),
        prison="LCI",
        allowance=Allowance.NONE_NEEDED,
        vo=0,
        contacts=(
            Contact(
                id=33601,
                given_name="GRACE",
                surname="ADEYEMI",
                date_of_birth=date(1977, 9, 13),
                gender="F",
                relationship="WIFE",
                restrictions=(Restriction(type="CCTV", effective_date=since),),
            ),
            Contact(
                id=OVER_32_BITS + 33602,
                given_name="TUNDE",
                surname="ADEYEMI",
                date_of_birth=date(2000, 2, 29),
                gender="M",
                relationship="SON",
            ),
            Contact(id=33603, given_name="FOLA", surname="BANKOLE", gender="F", relationship="AUN"),
        ),
    )
    return (
        KnownPerson("leeds", "can be booked at Leeds", brightwell),
        KnownPerson("cardiff", "can be booked at Cardiff", parry),
        KnownPerson("leicester", "can be booked at Leicester, and needs no visiting orders", adeyemi),
    )


def _leeds_cases(since: date) -> tuple[KnownPerson, ...]:
    def one(number: str, offender_id: int, names: str, born: date, contacts: tuple[Contact, ...]) -> Prisoner:
        given, surname = names.split()
        return Prisoner(
            noms_id=number,
            offender_id=offender_id,
            given_name=given,
            surname=surname,
            date_of_birth=born,
            prison="LEI",
            housing="LEI-C-1-001",
            contacts=contacts,
        )

    no_vo = one("A1411NV", 1057311, "MARTIN STOKES", date(1987, 1, 30), (_adult(13511, "HELEN", "STOKES"),))
    banned = one("A1412BN", 1057312, "CARL WHITLOCK", date(1979, 4, 12), (_adult(13512, "DEBRA", "WHITLOCK"),))
    closed = one("A1413CL", 1057313, "LEWIS GARSIDE", date(1993, 11, 3), (_adult(13513, "ANNA", "GARSIDE"),))
    court = one("A1414CM", 1057314, "FRANK TEMPLE", date(1968, 6, 6), (_adult(13514, "ROSE", "TEMPLE"),))
    visitor = one(
        "A1415VB",
        1057315,
        "JORDAN MARSH",
        date(1996, 2, 20),
        (_adult(13515, "KELLY", "MARSH"), _adult(13615, "WAYNE", "MARSH")),
    )
    near = one(
        "A1416NM",
        1057316,
        "ANDREW FENTON",
        date(1984, 12, 1),
        (
            _adult(13516, "CATHERINE", "FENTON"),
            _adult(13616, "STEPHEN", "FENTON"),
        ),
    )
    tie = one(
        "A1417TI",
        1057317,
        "ROBERT ASHDOWN",
        date(1971, 8, 25),
        (_adult(13517, "LINDA", "ASHDOWN"), _adult(13617, "LINDA", "ASHDOWN")),
    )
    locked = one("A1418LK", 1057318, "NEIL CRABTREE", date(1989, 9, 9), (_adult(13518, "JOAN", "CRABTREE"),))
    gone = one("A1419RE", 1057319, "PETER HOLROYD", date(1977, 7, 17), (_adult(13519, "SUSAN", "HOLROYD"),))
    ban = Restriction(type="BAN", effective_date=since)
    wayne = replace(visitor.contacts[1], restrictions=(ban,))
    return (
        KnownPerson("no_vo", "has no visiting orders left", replace(no_vo, vo=0, pvo=0)),
        KnownPerson("banned", "is banned from visits", replace(banned, restrictions=(ban,))),
        KnownPerson(
            "closed",
            "needs closed visits",
            replace(closed, restrictions=(Restriction(type="CLOSED", effective_date=since),)),
        ),
        KnownPerson("court", "is out at court every Wednesday", replace(court, weekly_movements=frozenset({2}))),
        KnownPerson(
            "visitor_banned",
            "the contact WAYNE MARSH is banned, KELLY MARSH is not",
            replace(visitor, contacts=(visitor.contacts[0], wayne)),
        ),
        KnownPerson("near_match", "ask for Katherine or Steven Fenton: near, not equal", near),
        KnownPerson("tie", "two contacts with one name and one date of birth", tie),
        KnownPerson(
            "locked", "the record is open on somebody's screen: bookings are refused", replace(locked, locked=True)
        ),
        KnownPerson("released", "has been released: looks like an unknown number", replace(gone, active=False)),
    )


def _adult(contact_id: int, given: str, surname: str) -> Contact:
    return Contact(
        id=contact_id, given_name=given, surname=surname, date_of_birth=date(1980, 5, 16), relationship="PTN"
    )

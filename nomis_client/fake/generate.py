"""Any number of made-up prisoners with families, the same ones for the same seed."""

from __future__ import annotations

import random
from datetime import date, timedelta

from nomis_client.fake.entities import Contact, Prisoner
from nomis_client.fake.people import OVER_32_BITS

# fmt: off
_GIVEN = (
    "ADAM", "AISHA", "ALUN", "BETH", "BRYN", "CLAIRE", "COLIN", "DANNY", "EMMA", "FIONA", "GARETH", "GWEN", "HARRY",
    "IMRAN", "ISLA", "JACK", "JOAN", "KAREN", "LIAM", "LUCY", "MEGAN", "NADIA", "OLIVER", "PAULA", "RHYS", "SADIA",
    "SCOTT", "TESS", "UMA", "VERA", "WILL", "YUSUF", "ZOE",
)
# fmt: on
# fmt: off
_SURNAMES = (
    "ALLEN", "BAXTER", "COHEN", "DAVIES", "ELLIS", "FARAH", "GRIFFITHS", "HUSSAIN", "IRVING", "JENKINS", "KAUR",
    "LLOYD", "MORGAN", "NOLAN", "O'BRIEN", "PATEL", "QUINN", "ROBERTS", "SINGH", "TURNER", "UDDIN", "VAUGHAN", "WARD",
    "YOUNG", "ST-CLAIR",
)
# fmt: on
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def generated(count: int, prison: str, first: int, today: date, seed: int, orders: int) -> list[Prisoner]:
    """`count` prisoners at `prison`, numbered from `first` (which must be unused); each has two adults and a child."""
    return [_one(index, prison, today, seed, orders) for index in range(first, first + count)]


def _one(index: int, prison: str, today: date, seed: int, orders: int) -> Prisoner:
    # Not a secret: the same seed must give the same people.
    rng = random.Random(f"{seed}:{index}")  # noqa: S311
    family = rng.choice(_SURNAMES)
    people = OVER_32_BITS if index % 3 == 0 else 0

    def contact(place: int, youngest: int, oldest: int, relationship: str, surname: str) -> Contact:
        return Contact(
            id=people + 1_000_000 + index * 10 + place,
            given_name=_stray(rng, rng.choice(_GIVEN)),
            surname=_stray(rng, surname),
            date_of_birth=_born(rng, today, youngest, oldest),
            relationship=relationship,
        )

    return Prisoner(
        noms_id=noms_id(index),
        offender_id=(OVER_32_BITS if index % 5 == 0 else 0) + 2_000_000 + index,
        given_name=rng.choice(_GIVEN),
        surname=family,
        date_of_birth=_born(rng, today, 21, 70),
        prison=prison,
        housing=f"{prison}-A-{index % 4 + 1}-{index % 40 + 1:03d}",
        vo=orders,
        contacts=(
            contact(1, 25, 70, "PTN", family),
            contact(2, 25, 70, "FRI", rng.choice(_SURNAMES)),
            contact(3, 2, 15, "SON", family),
        ),
    )


def noms_id(index: int) -> str:
    """A well-formed number that no well-known prisoner has."""
    letters = index // 10_000
    return f"G{index % 10_000:04d}{_LETTERS[letters // 24 % 24]}{_LETTERS[letters % 24]}"


def _born(rng: random.Random, today: date, youngest: int, oldest: int) -> date:
    return today - timedelta(days=rng.randint(youngest * 366, oldest * 365))


def _stray(rng: random.Random, name: str) -> str:
    """Blanks at the ends, as some clerks leave them."""
    return rng.choice((name, name, name, f" {name}", f"{name} "))

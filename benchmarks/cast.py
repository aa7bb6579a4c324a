"""Who asks for what in every benchmark: unlike prisoners, the same three visitors, slots that are always free."""

from __future__ import annotations

import json
import string
from datetime import UTC, date, datetime, timedelta
from typing import Any

PRISON_ID = "5b3f2a6e-7c1d-4e8f-9a0b-1c2d3e4f5a6b"
PRISON = "BEN"
BORN = date(1981, 10, 4)
"""Of every prisoner."""
VISITORS = (("Jane", "Smith", "1980-01-02"), ("John", "Smith", "1979-03-04"), ("Ann", "Smith", "2018-05-06"))
CONTACT_IDS = (7001, 7002, 7003)
SESSIONS = ("0900-0930", "0930-1000", "1000-1030", "1030-1100", "1400-1430", "1430-1500", "1500-1530", "1530-1600")
"""On each day of the week."""
CHOICES = 3
VARIANTS = 10 * len(SESSIONS)
"""How many requests differ in what slots they ask for: a prison's visits spread over its timetable."""

_LETTERS = string.ascii_uppercase


def prisoner_number(number: int) -> str:
    """A prisoner number for each whole number below 175 million, each different."""
    number, last = divmod(number, 26 * 26)
    first, digits = divmod(number, 10_000)
    return f"{_LETTERS[first % 26]}{digits:04}{_LETTERS[last // 26]}{_LETTERS[last % 26]}"


def offender_id(noms_id: str) -> int:
    """The other way round, plus one: what the prison system calls this prisoner."""
    last = _LETTERS.index(noms_id[5]) * 26 + _LETTERS.index(noms_id[6])
    return (_LETTERS.index(noms_id[0]) * 10_000 + int(noms_id[1:5])) * 676 + last + 1


def today() -> date:
    return datetime.now(UTC).date()


def slots(day: date) -> list[str]:
    return [f"{day}T{text[:2]}:{text[2:4]}/{text[5:7]}:{text[7:]}" for text in SESSIONS]


def choices(variant: int = 0) -> list[str]:
    """Three slots on three days running, in one to three weeks."""
    later, session = divmod(variant % VARIANTS, len(SESSIONS))
    return [slots(today() + timedelta(days=9 + later + number))[session] for number in range(CHOICES)]


def visit_body(noms_id: str, variant: int = 0) -> dict[str, Any]:
    """What the frontend sends."""
    return {
        "prison_id": PRISON_ID,
        "prisoner": {
            "first_name": "Robert",
            "last_name": "Jones",
            "date_of_birth": BORN.isoformat(),
            "number": noms_id,
        },
        "visitors": [{"first_name": one, "last_name": two, "date_of_birth": born} for one, two, born in VISITORS],
        "slot_options": choices(variant),
        "contact_email_address": "jane.smith@example.com",
        "contact_phone_no": "07700 900123",
    }


PLACEHOLDER = "Z9999ZZ"


def request_template(path: str, body: dict[str, Any]) -> bytes:
    """A whole HTTP request with `PLACEHOLDER` where the prisoner number goes."""
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def visit_request(variant: int) -> bytes:
    return request_template("/api/visits", visit_body(PLACEHOLDER, variant))


def validation_request() -> bytes:
    body = {"number": PLACEHOLDER, "date_of_birth": BORN.isoformat()}
    return request_template("/api/validations/prisoner", body)

"""An API over bookings in memory, and what the frontend would send to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aiohttp import web

from adapter.config import PrisonBook
from adapter.config.api import ApiSettings
from adapter.http import BuildInfo, make_api
from booking_rules.calendar import bookable_slots
from booking_rules.prisons import Prison
from tests.support.booking_cases import TODAY, a_prison
from tests.support.fixed_clock import FixedClock
from tests.support.memory_bookings import MemoryBookings

LEEDS = a_prison(name_cy="", address="Gloucester Terrace\nLeeds", postcode="LS12 2TJ", phone_no="01632 960 001")
CARDIFF = a_prison(
    key="CFI",
    id="8e7a4a52-70a5-4ee9-b05b-4a8a7a0e2d0e",
    nomis_id="CFI",
    name="Cardiff",
    name_cy="Caerdydd",
    private=True,
    real_time=False,
)
SHUT = a_prison(key="SHI", id="d2f0a3a9-0a0e-4bbd-8d2f-5f7a51a0c1aa", nomis_id="SHI", name="Shut", closed=True)
OFF = a_prison(key="OFI", id="0c9d5f10-6b1f-4f44-9d4a-2f1f3f0f9a11", nomis_id="OFI", name="Off", enabled=False)

BORN = date(1971, 12, 26)


@dataclass
class Site:
    """Everything behind one API; `bookings` and `clock` may be changed while it serves."""

    prisons: tuple[Prison, ...] = (LEEDS, CARDIFF, SHUT, OFF)
    settings: ApiSettings = field(default_factory=lambda: ApiSettings(public_url="https://visits.example.com"))
    budget: float = 2.0
    key: bytes = b"a key that only tests use........"
    clock: FixedClock = field(default_factory=lambda: FixedClock.in_london(TODAY))
    bookings: MemoryBookings = field(init=False)
    answered: list[tuple[str, str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bookings = MemoryBookings(self.clock, PrisonBook(self.prisons), prisoners={("A1234BC", BORN)})

    def app(self, **changes: Any) -> web.Application:
        return make_api(
            self.bookings,
            self.settings,
            **{
                "clock": self.clock,
                "holidays": lambda _day: frozenset(),
                "fingerprint_key": self.key,
                "budget": self.budget,
                "build": BuildInfo("1.2.3", "abcdef0"),
                "metrics": lambda: b"visits_total 1\n",
                "observe": self._observe,
                **changes,
            },
        )

    def choices(self, prison: Prison = LEEDS) -> list[str]:
        """The first three slots that can be booked."""
        return [str(slot) for slot in bookable_slots(prison, TODAY, frozenset())[:3]]

    def request(self, **changes: Any) -> dict[str, Any]:
        """What the frontend sends for a visit; `changes` replace top-level keys."""
        return {
            "prison_id": LEEDS.id,
            "prisoner": {
                "first_name": "Charles",
                "last_name": "Babbage",
                "date_of_birth": BORN.isoformat(),
                "number": "a1234bc",
            },
            "visitors": [
                {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10"},
                {"first_name": "Byron", "last_name": "Lovelace", "date_of_birth": "2020-05-12"},
            ],
            "contact_email_address": "ada@example.com",
            "contact_phone_no": "01632 960 123",
            "slot_options": self.choices(),
            **changes,
        }

    def _observe(self, face: str, route: str, method: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.answered.append((face, route, method, status))

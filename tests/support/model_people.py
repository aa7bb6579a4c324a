"""The made-up people of a model: a few prisoners who want the same few slots, and their families."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from adapter.booking.views import Fingerprints, RequestVisit
from adapter.config import Settings
from booking_rules.calendar import bookable_slots
from booking_rules.prisons import Prison
from booking_rules.request import Person, Prisoner, VisitRequest
from booking_rules.slots import Slot
from nomis_client.fake import entities
from nomis_client.fake.world import World as FakeWorld
from tests.support.site import TODAY

_PRISONERS, _SLOTS = 6, 5
"""So few that families meet at the same prisoner, and prisoners in the same slot."""


class People:
    """Who asks for what. One prison only: what prisons have in common is the prison system."""

    def __init__(self, world: FakeWorld, settings: Settings) -> None:
        self._world = world
        prison = settings.prisons.by_key("LEI")
        assert prison is not None
        self.prison: Prison = prison

    def prisoners(self) -> list[entities.Prisoner]:
        """As the prison system has them now."""
        return [p for p in self._world.prisoners.values() if p.noms_id.startswith("G")][:_PRISONERS]

    def visited(self) -> list[entities.Prisoner]:
        """Those whose families ask."""
        return [item for item in self.prisoners() if item.prison == "LEI"]

    def slots(self) -> list[Slot]:
        """The slots that everybody wants."""
        return [slot for slot in bookable_slots(self.prison, TODAY, frozenset()) if slot.begin.hour == 14][:_SLOTS]

    def any_request(self, rng: Random, number: int) -> RequestVisit:
        """Some family asks for one to three of the slots."""
        person = rng.choice(self.visited())
        return self.request_for(person, rng.sample(self.slots(), rng.randint(1, 3)), number)

    def request_for(self, person: entities.Prisoner, slots: Sequence[Slot], number: int) -> RequestVisit:
        """A request of this prisoner's family for these slots; `number` tells it from every other request."""
        lead = person.contacts[0]
        assert lead.date_of_birth is not None
        request = VisitRequest(
            prisoner=Prisoner("A", "B", person.date_of_birth, person.noms_id),
            visitors=(Person(lead.given_name.strip(), lead.surname.strip(), lead.date_of_birth),),
            email="visitor@example.com",
            phone="+441632960123",
            choices=tuple(slots),
        )
        same = f"{person.noms_id}{[str(slot) for slot in slots]}"
        fingerprints = Fingerprints(key=None, rid=f"rid-{number}", same=same, body=same)
        return RequestVisit(self.prison, request, "en", "web", fingerprints, f"r{number}", 0.0)

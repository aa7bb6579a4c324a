"""What our own other visits mean for this one: overlaps, turns, and the room that they may take in a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from adapter.store.records import Visit
from adapter.store.tables import attempts, visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import JUDGED, earlier
from booking_rules.lifecycle import TURN_STEPS, AttemptState, Step


async def has_older_rival(tx: Tx, visit: Visit) -> bool:
    """Whether an earlier request for the same prisoner is still waiting for its turn."""
    return bool(
        (
            await tx.execute(
                select(func.count())
                .select_from(visits)
                .where(
                    visits.c.noms_id == visit.noms_id,
                    visits.c.step.in_((Step.RECEIVED, Step.WAITING)),
                    earlier(visit),
                )
            )
        ).scalar_one()
    )


async def turn_is_free(tx: Tx, offender_id: int) -> bool:
    """Whether no visit of this prisoner holds the turn just now. The unique index has the last word."""
    holds = or_(
        visits.c.step.in_(tuple(TURN_STEPS)),
        and_(visits.c.step == Step.IN_DOUBT, visits.c.find_by_ref.is_(False)),
    )
    found = await tx.execute(
        select(visits.c.id).where(visits.c.offender_id == offender_id, holds, visits.c.turnless.is_(False)).limit(1)
    )
    return found.first() is None


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """A visit of ours that this prisoner has or may have. `raw` and `normal` are slots; `leaving`: on its way out."""

    visit_id: str
    nomis_visit_id: int | None
    raw: str
    normal: str
    leaving: bool


async def own_visits(tx: Tx, offender_id: int, but: str) -> list[OwnVisit]:
    """Our own open, booked and departing visits of a prisoner, except the visit `but`."""
    rows = (
        await tx.execute(
            select(
                visits.c.id,
                visits.c.step,
                visits.c.nomis_visit_id,
                visits.c.slot_granted,
                visits.c.slot_raw,
                attempts.c.slot,
                attempts.c.slot_raw.label("attempt_raw"),
                attempts.c.state,
                attempts.c.nomis_visit_id.label("attempt_visit_id"),
            )
            .select_from(visits.outerjoin(attempts, attempts.c.visit_id == visits.c.id))
            .where(visits.c.offender_id == offender_id, visits.c.id != but)
        )
    ).mappings()
    found: dict[tuple[str, str], OwnVisit] = {}
    for row in rows:
        step, leaving = Step(row["step"]), row["step"] in (Step.CANCELLING, Step.WITHDRAWING)
        if step in (Step.BOOKED, Step.CANCELLING) and row["slot_granted"]:
            normal = row["slot_granted"]
            found[row["id"], normal] = OwnVisit(
                row["id"], row["nomis_visit_id"], row["slot_raw"] or normal, normal, leaving
            )
        if row["state"] in (AttemptState.OPEN, AttemptState.STRAY, AttemptState.REMOVING) or (
            row["state"] == AttemptState.HELD and leaving
        ):
            going = leaving or row["state"] in (AttemptState.STRAY, AttemptState.REMOVING)
            found.setdefault(
                (row["id"], row["slot"]),
                OwnVisit(row["id"], row["attempt_visit_id"], row["attempt_raw"], row["slot"], going),
            )
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Claimants:
    """How much of a slot's room others of ours may take: groups, visitors (prisoners included), adults (likewise)."""

    groups: int = 0
    visitors: int = 0
    adults: int = 0

    def __add__(self, other: Claimants) -> Claimants:
        return Claimants(self.groups + other.groups, self.visitors + other.visitors, self.adults + other.adults)


@dataclass(frozen=True, slots=True)
class ByRoom:
    """Claimants of one slot, by the raw time of the room."""

    rooms: dict[str, Claimants]

    def in_room(self, raw: str) -> Claimants:
        return self.rooms.get(raw, Claimants())

    def everywhere(self) -> Claimants:
        return sum(self.rooms.values(), Claimants())


async def unsettled_at(tx: Tx, visit: Visit, slot: str, since: int) -> ByRoom:
    """Our own bookings of this slot that a look at its room taken at `since` may not have counted."""
    rows = await tx.execute(
        select(
            attempts.c.slot_raw.label("raw"),
            func.count().label("groups"),
            func.sum(attempts.c.party + 1).label("visitors"),
            func.sum(attempts.c.adults + 1).label("adults"),
        )
        .where(
            attempts.c.prison == visit.nomis_prison,
            attempts.c.slot == slot,
            attempts.c.visit_id != visit.id,
            or_(
                attempts.c.state == AttemptState.OPEN,
                and_(attempts.c.state == AttemptState.HELD, attempts.c.updated_at >= since),
            ),
        )
        .group_by(attempts.c.slot_raw)
    )
    return ByRoom(
        {row["raw"]: Claimants(row["groups"], int(row["visitors"]), int(row["adults"])) for row in rows.mappings()}
    )


async def earlier_at(tx: Tx, visit: Visit, slot: str) -> Claimants:
    """Earlier requests for this slot that are waiting or being judged: they come first."""
    row = (
        (
            await tx.execute(
                select(
                    func.count().label("groups"),
                    func.coalesce(func.sum(visits.c.party + 1), 0).label("visitors"),
                    func.coalesce(func.sum(visits.c.adults + 1), 0).label("adults"),
                ).where(
                    visits.c.nomis_prison == visit.nomis_prison,
                    visits.c.step.in_(JUDGED),
                    or_(visits.c.slot1 == slot, visits.c.slot2 == slot, visits.c.slot3 == slot),
                    earlier(visit),
                )
            )
        )
        .mappings()
        .one()
    )
    return Claimants(row["groups"], int(row["visitors"]), int(row["adults"]))


async def knows_nomis_visit(tx: Tx, nomis_visit_ids: Sequence[int], but: str) -> set[int]:
    """Which of these ids of the prison system belong to another visit of ours."""
    if not nomis_visit_ids:
        return set()
    ours = select(visits.c.nomis_visit_id).where(visits.c.nomis_visit_id.in_(nomis_visit_ids), visits.c.id != but)
    tried = select(attempts.c.nomis_visit_id).where(
        attempts.c.nomis_visit_id.in_(nomis_visit_ids), attempts.c.visit_id != but
    )
    return {int(value) for value in (await tx.execute(ours.union(tried))).scalars()}

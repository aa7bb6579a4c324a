"""What our own other visits mean for this one: overlaps, turns, and the room that they may take in a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, String, and_, func, literal_column, or_, select, union_all

from adapter.store.records import Visit
from adapter.store.shapes import Row, Shape, parameter
from adapter.store.tables import STEP, attempts, visits
from adapter.store.unit_of_work import Tx
from adapter.store.visits import JUDGED
from booking_rules.lifecycle import TURN_STEPS, AttemptState, Step


async def has_older_rival(tx: Tx, visit: Visit) -> bool:
    """Whether an earlier request for the same prisoner is still waiting for its turn."""
    return bool(await tx.run(_OLDER_RIVAL, {"noms_id": visit.noms_id, **_arrival(visit)}))


async def somebody_waits(tx: Tx, noms_id: str) -> bool:
    """Whether a request for this prisoner is still waiting for its turn."""
    return bool(await tx.run(_OLDER_RIVAL, {"noms_id": noms_id, "arrived_at": _NEVER, "id": ""}))


async def turn_is_free(tx: Tx, offender_id: int) -> bool:
    """Whether no visit of this prisoner holds the turn just now. The unique index has the last word."""
    return not await tx.run(_TURN_HOLDER, {"offender_id": offender_id})


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
    rows = await tx.run(_OWN, {"offender_id": offender_id, "but": but})
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


@dataclass(frozen=True, slots=True)
class Claims:
    """Who of ours may take room in a slot that a look at its room, taken some time ago, may not have counted.

    `unsettled`: bookings. `earlier`: requests that came before, and are waiting or being judged: they come first.
    """

    unsettled: ByRoom
    earlier: Claimants


async def claims_at(tx: Tx, visit: Visit, slot: str, since: int) -> Claims:
    """Those of others than `visit`; `since`: when the look was taken."""
    asked = {"prison": visit.nomis_prison, "slot": slot, "but": visit.id, "since": since, **_arrival(visit)}
    rows = {row["raw"]: _claimants(row) for row in await tx.run(_CLAIMS_AT, asked)}
    return Claims(earlier=rows.pop(_NO_ROOM), unsettled=ByRoom(rows))


async def knows_nomis_visit(tx: Tx, nomis_visit_ids: Sequence[int], but: str) -> set[int]:
    """Which of these ids of the prison system belong to another visit of ours."""
    if not nomis_visit_ids:
        return set()
    ours = select(visits.c.nomis_visit_id).where(visits.c.nomis_visit_id.in_(nomis_visit_ids), visits.c.id != but)
    tried = select(attempts.c.nomis_visit_id).where(
        attempts.c.nomis_visit_id.in_(nomis_visit_ids), attempts.c.visit_id != but
    )
    return {int(value) for value in (await tx.execute(ours.union(tried))).scalars()}


def _arrival(visit: Visit) -> dict[str, object]:
    return {"arrived_at": visit.arrived_at, "id": visit.id}


def _claimants(row: Row) -> Claimants:
    return Claimants(row["groups"], int(row["visitors"]), int(row["adults"]))


_NEVER = 2**62
"""Microseconds since 1970, later than any."""
_ARRIVED_AT = parameter("arrived_at", BigInteger())
_EARLIER = or_(
    visits.c.arrived_at < _ARRIVED_AT,
    and_(visits.c.arrived_at == _ARRIVED_AT, visits.c.id < parameter("id", String())),
)
_SLOT = parameter("slot", String())

_OLDER_RIVAL = Shape(
    select(visits.c.id)
    .where(
        visits.c.noms_id == parameter("noms_id", String()),
        visits.c.step.in_((Step.RECEIVED, Step.WAITING)),
        _EARLIER,
    )
    .limit(1),
    (visits.c.id,),
)

_OWN_COLUMNS = (
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
_TURN_HOLDER = Shape(
    select(visits.c.id)
    .where(
        visits.c.offender_id == parameter("offender_id", BigInteger()),
        or_(
            visits.c.step.in_(tuple(sorted(TURN_STEPS))),
            and_(visits.c.step == Step.IN_DOUBT, visits.c.find_by_ref.is_(False)),
        ),
        visits.c.turnless.is_(False),
    )
    .limit(1),
    (visits.c.id,),
)
_OWN = Shape(
    select(*_OWN_COLUMNS)
    .select_from(visits.outerjoin(attempts, attempts.c.visit_id == visits.c.id))
    .where(
        visits.c.offender_id == parameter("offender_id", BigInteger()),
        visits.c.id != parameter("but", String()),
    ),
    _OWN_COLUMNS,
)

_NO_ROOM = ""
"""In place of a room's raw time: of the slot as a whole."""
_ROOM_COLUMNS = (
    attempts.c.slot_raw.label("raw"),
    func.count().label("groups"),
    func.sum(attempts.c.party + 1).label("visitors"),
    func.sum(attempts.c.adults + 1).label("adults"),
)
_UNSETTLED_AT = (
    select(*_ROOM_COLUMNS)
    .where(
        attempts.c.prison == parameter("prison", String()),
        attempts.c.slot == _SLOT,
        attempts.c.visit_id != parameter("but", String()),
        or_(
            attempts.c.state == AttemptState.OPEN,
            and_(
                attempts.c.state.in_((AttemptState.HELD, AttemptState.STRAY, AttemptState.REMOVING)),
                attempts.c.updated_at >= parameter("since", BigInteger()),
            ),
        ),
    )
    .group_by(attempts.c.slot_raw)
)

_EARLIER_AT = select(
    literal_column(f"'{_NO_ROOM}'").label("raw"),
    func.count().label("groups"),
    func.coalesce(func.sum(visits.c.party + 1), 0).label("visitors"),
    func.coalesce(func.sum(visits.c.adults + 1), 0).label("adults"),
).where(
    visits.c.nomis_prison == parameter("prison", String()),
    visits.c.step.in_(JUDGED),
    or_(visits.c.slot1 == _SLOT, visits.c.slot2 == _SLOT, visits.c.slot3 == _SLOT),
    _EARLIER,
)
_CLAIMS_AT = Shape(
    union_all(_UNSETTLED_AT, _EARLIER_AT),
    _ROOM_COLUMNS,
    STEP,  # visits that are being judged are few, those of a prison are not
)

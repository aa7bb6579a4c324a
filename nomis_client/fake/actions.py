"""What a member of staff can do by hand, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from nomis_client.fake.entities import Contact


class _Action(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BookByHand(_Action):
    """Whatever the rules say; without `contacts`, for the first on the list. Costs a visiting order if there is one."""

    action: Literal["book"]
    noms_id: str
    slot: str
    contacts: tuple[int, ...] = ()
    reference: str = ""


class CancelByHand(_Action):
    """A scheduled visit; its visiting order comes back."""

    action: Literal["cancel"]
    visit_id: int
    code: str = "ADMIN"


class Complete(_Action):
    """The visit took place: status `NORM`, and it can't be cancelled any more."""

    action: Literal["complete"]
    visit_id: int


class Transfer(_Action):
    """To another prison at once, or, with `in_transit`, on the road until `arrive`."""

    action: Literal["transfer"]
    noms_id: str
    prison: str
    in_transit: bool = False


class Arrive(_Action):
    """The end of a transfer on the road."""

    action: Literal["arrive"]
    noms_id: str


class Release(_Action):
    """The prisoner leaves: looks like an unknown number; visits stay scheduled."""

    action: Literal["release"]
    noms_id: str


class Readmit(_Action):
    """A new stay: visits of the earlier one aren't seen any more."""

    action: Literal["readmit"]
    noms_id: str
    prison: str = ""


class Merge(_Action):
    """Two records of one person become one: number and offender id of `noms_id` are unknown afterwards."""

    action: Literal["merge"]
    noms_id: str
    into: str


class Retime(_Action):
    """Another time for a session; its visits move with it unless `visits_stay`."""

    action: Literal["retime"]
    prison: str
    slot: str
    to: str
    visits_stay: bool = False


class AddSlot(_Action):
    """A new session; at a time that there is already, another room."""

    action: Literal["add_slot"]
    prison: str
    slot: str
    capacity: int = 60
    max_groups: int = 10
    max_adults: int = 30


class DeleteSlot(_Action):
    """The session goes; its visits stay scheduled."""

    action: Literal["delete_slot"]
    prison: str
    slot: str


class Fill(_Action):
    """Leave room for `groups` more groups at this time (in all rooms together; 0: full)."""

    action: Literal["fill"]
    prison: str
    slot: str
    groups: int = Field(default=0, ge=0)


class Ban(_Action):
    """Of the prisoner, or of a contact; `lift` ends all bans of that one."""

    action: Literal["ban"]
    noms_id: str
    contact_id: int | None = None
    effective_date: date = date(2000, 1, 1)
    expiry_date: date | None = None
    lift: bool = False


class Close(_Action):
    """Closed visits only; `lift` ends it."""

    action: Literal["close"]
    noms_id: str
    effective_date: date = date(2000, 1, 1)
    expiry_date: date | None = None
    lift: bool = False


class Lock(_Action):
    """Open the prisoner's record: writes are answered `Resource is locked`."""

    action: Literal["lock"]
    noms_id: str


class Unlock(_Action):
    """Close it again."""

    action: Literal["unlock"]
    noms_id: str


class ChangeContact(_Action):
    """Members of a contact to change, on every line that it has; `remove` takes them off the list."""

    action: Literal["change_contact"]
    noms_id: str
    contact_id: int
    change: dict[str, Any] = {}
    remove: bool = False


class AddContact(_Action):
    """One more line on the contact list: `id`, `given_name`, `surname`, and what else a contact has."""

    action: Literal["add_contact"]
    noms_id: str
    contact: Contact


class Grant(_Action):
    """Visiting orders given (or, negative, taken)."""

    action: Literal["grant"]
    noms_id: str
    vo: int = 0
    pvo: int = 0


class Court(_Action):
    """Out of the prison on that day; `lift` calls it off."""

    action: Literal["court"]
    noms_id: str
    day: date
    lift: bool = False


Action = Annotated[
    BookByHand
    | CancelByHand
    | Complete
    | Transfer
    | Arrive
    | Release
    | Readmit
    | Merge
    | Retime
    | AddSlot
    | DeleteSlot
    | Fill
    | Ban
    | Close
    | Lock
    | Unlock
    | ChangeContact
    | AddContact
    | Grant
    | Court,
    Field(discriminator="action"),
]
ACTIONS: TypeAdapter[Action] = TypeAdapter(Action)

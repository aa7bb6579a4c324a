"""What can be made to go wrong: faults, armed by operation, call, chance, place and time, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from nomis_client.fake.entities import Status
from nomis_client.fake.requests import READS, WRITES, Operation
from nomis_client.fake.soap_oddities import oddities


class FaultKind(StrEnum):
    """What goes wrong. `docs/fake-nomis.md` has the table."""

    DELAY = "delay"
    HANG = "hang"
    RESET = "reset"
    DROP = "drop"
    OUTAGE = "outage"
    RESTART = "restart"
    ANSWER = "answer"
    HTML = "html"
    ACCESS_DENIED = "access_denied"
    EXPIRED_TOKENS = "expired_tokens"
    RATE_LIMIT = "rate_limit"
    LOCKED = "locked"
    LATE_COMMIT = "late_commit"
    REPLAY = "replay"
    REPEAT_ANSWER = "repeat_answer"
    STALE = "stale"
    FIND_404 = "find_404"
    FIND_405 = "find_405"
    FIND_IN_TRANSIT = "find_in_transit"
    FIND_WRONG_STATUS = "find_wrong_status"
    FIND_TWO = "find_two"
    TRUNCATE = "truncate"
    DRIP = "drip"
    WRONG_TYPES = "wrong_types"
    EMPTY = "empty"
    NONCE_REFUSED = "nonce_refused"
    SOAP = "soap"


_DEFAULT_OPERATION = {
    FaultKind.LATE_COMMIT: "writes",
    FaultKind.LOCKED: "writes",
    FaultKind.REPLAY: "book",
    FaultKind.REPEAT_ANSWER: "book",
    FaultKind.STALE: "reads",
    FaultKind.NONCE_REFUSED: "writes",
    FaultKind.FIND_404: "find_by_reference",
    FaultKind.FIND_405: "find_by_reference",
    FaultKind.FIND_IN_TRANSIT: "find_by_reference",
    FaultKind.FIND_WRONG_STATUS: "find_by_reference",
    FaultKind.FIND_TWO: "find_by_reference",
}

_GROUPS = {"*": frozenset(Operation), "reads": READS, "writes": WRITES}


class Fault(BaseModel):
    """One fault. Which calls it hits: `operation` and the filters; how often: `nth`, `count`, `probability`; how long:
    `lasts`, and `up`/`down` for one that comes and goes. Seconds throughout.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    operation: Operation | Literal["", "*", "reads", "writes"] = ""  # empty: what the kind is made for, else `*`
    prison: str = ""  # only calls about this prison, or about a prisoner held there
    noms_id: str = ""
    reference: str = ""
    repeats: bool = False  # only bookings whose reference exists already
    nth: int | None = Field(default=None, ge=1)  # only the nth call that it would hit, counted from arming
    count: int | None = Field(default=None, ge=1)  # how often it strikes; None: until it is deleted
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0  # of `probability`
    lasts: float | None = Field(default=None, gt=0)
    up: float = Field(default=0.0, ge=0)  # flapping: this long well …
    down: float = Field(default=0.0, ge=0)  # … then this long ill, and so on
    when: Literal["before", "after"] = "before"  # the commit
    seconds: float = Field(default=0.0, ge=0)
    status: int | None = Field(default=None, ge=200, le=599)
    body: str | dict[str, Any] | list[Any] | None = None
    content_type: str = ""
    headers: dict[str, str] = {}
    text: str = ""

    @field_validator("text")
    @classmethod
    def _names_are_known(cls, text: str, info: ValidationInfo) -> str:
        match info.data.get("kind"):
            case FaultKind.SOAP:
                oddities(text)
            case FaultKind.FIND_WRONG_STATUS if text:
                Status(text)
            case _:
                pass
        return text

    @property
    def operations(self) -> frozenset[Operation]:
        wanted = self.operation or _DEFAULT_OPERATION.get(self.kind, "*")
        return _GROUPS.get(wanted) or frozenset({Operation(wanted)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A fault and its life so far."""

    number: int
    fault: Fault
    since: datetime
    seen: int = 0  # calls that it would hit
    fired: int = 0

    def active(self, now: datetime) -> bool:
        elapsed = (now - self.since).total_seconds()
        if self.fault.lasts is not None and elapsed >= self.fault.lasts:
            return False
        if self.fault.count is not None and self.fired >= self.fault.count:
            return False
        period = self.fault.up + self.fault.down
        return self.fault.down == 0 or elapsed % period >= self.fault.up

    def meets(self) -> Armed:
        """The same, after one more call that it would hit."""
        seen = self.seen + 1
        due = self.fault.nth is None or seen == self.fault.nth
        # Drawn from the seed and the count alone: the same run gives the same faults, whatever else is armed.
        draw = random.Random(f"{self.fault.seed}:{self.number}:{seen}").random()  # noqa: S311 - not a secret
        return replace(self, seen=seen, fired=self.fired + (due and draw < self.fault.probability))


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault's filters look at."""

    operation: Operation
    prison: str = ""
    noms_id: str = ""
    reference: str = ""
    repeat: bool = False

    def fits(self, fault: Fault) -> bool:
        return (
            self.operation in fault.operations
            and (not fault.prison or fault.prison == self.prison)
            and (not fault.noms_id or fault.noms_id == self.noms_id)
            and (not fault.reference or fault.reference == self.reference)
            and (not fault.repeats or self.repeat)
        )

"""The prison system's switch: what a person at the console can do to the fake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault, FaultKind

SLOW = 1.0
"""Seconds that each call takes then: several calls make a booking, so it ends after the visitor has their answer."""


class Position(StrEnum):
    """Where the switch is. `OTHER`: somebody armed faults by another way (`/_control`)."""

    ON = "on"
    OFF = "off"
    SLOW = "slow"
    DOUBT = "doubt"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Setting:
    """One position as a person reads it."""

    position: Position
    button: str
    tag: str
    says: str


SETTINGS = (
    Setting(Position.ON, "Switch on", "On", "It answers at once."),
    Setting(
        Position.OFF,
        "Switch off",
        "Off",
        "Every connection is broken off. A request waits, and after a few seconds goes to the prison's mailbox.",
    ),
    Setting(
        Position.SLOW,
        "Make slow",
        "Slow",
        "Each call takes a second. The visitor is told “requested” in time; the booking follows.",
    ),
    Setting(
        Position.DOUBT,
        "Lose its answers",
        "Loses its answers",
        "It books, and the answer gets lost. Nobody books again: the adapter looks the booking up by its reference.",
    ),
)
_OTHER = Setting(Position.OTHER, "", "Has faults of its own", "Faults were armed at its control pages.")

_LOST = Fault(kind=FaultKind.DROP, operation="book", when="after")
_SLOW = Fault(kind=FaultKind.DELAY, seconds=SLOW)
_FAULTS = {Position.SLOW: _SLOW, Position.DOUBT: _LOST}


def turn(engine: Engine, to: Position) -> None:
    """Faults armed before are taken away, whoever armed them. `OTHER` can't be asked for."""
    assert to is not Position.OTHER
    engine.heal()
    engine.power = to is not Position.OFF
    if to in _FAULTS:
        engine.arm(_FAULTS[to])


def setting(engine: Engine) -> Setting:
    """Where the switch is now."""
    position = _position(engine)
    return next((one for one in SETTINGS if one.position is position), _OTHER)


def _position(engine: Engine) -> Position:
    if not engine.power:
        return Position.OFF
    faults = [armed.fault for armed in engine.faults]
    if not faults:
        return Position.ON
    return next((position for position, fault in _FAULTS.items() if faults == [fault]), Position.OTHER)

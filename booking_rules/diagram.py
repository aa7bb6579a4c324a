"""The life of a visit and of its booking attempts as Mermaid diagrams, drawn from the tables themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from booking_rules.lifecycle import (
    ATTEMPT_TRANSITIONS,
    TRANSITIONS,
    AttemptState,
    Step,
)

_State = TypeVar("_State", bound=StrEnum)
_Event = TypeVar("_Event", bound=StrEnum)


def visit_diagram() -> str:
    """A Mermaid state diagram of `TRANSITIONS`."""
    return _diagram(Step.RECEIVED, Step, TRANSITIONS)


def attempt_diagram() -> str:
    """A Mermaid state diagram of `ATTEMPT_TRANSITIONS`."""
    return _diagram(AttemptState.OPEN, AttemptState, ATTEMPT_TRANSITIONS)


def _diagram(first: _State, states: type[_State], transitions: Mapping[tuple[_State, _Event], _State]) -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {state} --> {target} : {event}" for (state, event), target in transitions.items()]
    left = {state for state, _ in transitions}
    lines += [f"    {state} --> [*]" for state in states if state not in left]
    return "\n".join(lines)

"""What goes wrong with the prison system of a model, at random."""

from __future__ import annotations

from random import Random
from typing import Any

from nomis_client.fake.engine import Engine
from nomis_client.fake.faults import Fault

_RIVALS = {"replay", "repeat_answer"}


def arm_any(engine: Engine, rng: Random) -> None:
    """One fault more.

    A proxy that replays a POST and hands back the second answer, which contradicts the first for a reason of its own,
    is beyond the contract (a refusal of the only POST that we made counts), so those two are never armed together.
    """
    fault = _fault(rng)
    if fault.kind in _RIVALS and any(armed.fault.kind in _RIVALS - {fault.kind} for armed in engine.faults):
        return
    engine.arm(fault)


def _fault(rng: Random) -> Fault:
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("drop", {"operation": "book", "when": "after"}),
        ("drop", {"operation": "book", "when": "before"}),
        ("drop", {"operation": "cancel", "when": "after"}),
        ("hang", {"operation": "book", "when": "after"}),
        ("hang", {"operation": "*"}),
        ("delay", {"operation": "*", "seconds": rng.choice((0.3, 1.5, 4.0))}),
        ("reset", {"operation": "*"}),
        ("outage", {"lasts": rng.choice((3.0, 30.0, 70.0))}),
        ("late_commit", {"operation": "book", "seconds": rng.choice((1.0, 20.0, 50.0))}),
        ("stale", {"operation": "reads", "seconds": rng.choice((2.0, 25.0))}),
        ("replay", {"operation": "book"}),
        ("answer", {"operation": "book", "status": 500, "when": "after", "body": "internal server error"}),
        ("answer", {"operation": "*", "status": 503, "body": ""}),
        ("access_denied", {"operation": "book", "when": "after"}),
        ("find_404", {}),
        ("find_in_transit", {}),
        ("find_wrong_status", {}),
        ("locked", {"operation": "book"}),
        ("html", {"operation": "book", "when": "after"}),
        ("truncate", {"operation": "book", "when": "after"}),
        ("wrong_types", {"operation": "*"}),
        ("repeat_answer", {"operation": "book", "text": "Overlapping visit"}),
        ("repeat_answer", {"operation": "book", "text": "Visit slot is at or over capacity"}),
    )
    kind, how = rng.choice(kinds)
    count = {} if "lasts" in how else {"count": rng.randint(1, 3)}
    return Fault(kind=kind, **how, **count)

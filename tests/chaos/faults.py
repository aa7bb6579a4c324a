"""What the prison system does wrong during a run, drawn at random."""

from __future__ import annotations

import random
from typing import Any

from nomis_client.fake.soap_oddities import ODDITIES
from nomis_client.fake.texts import AT_CAPACITY, OVERLAPPING
from tests.chaos.plan import Plan

LATEST = 1.2
"""Seconds: the latest that the prison system carries a request out, well below `[nomis] post_lifetime`."""
_STALEST = 0.3

_AGAIN: dict[str, Any] = {"kind": "repeat_answer", "operation": "book", "repeats": True}
_ANYWHERE: tuple[dict[str, Any], ...] = (
    {"kind": "delay", "operation": "reads"},
    {"kind": "delay", "operation": "writes"},
    {"kind": "delay", "operation": "writes", "when": "after"},
    {"kind": "hang", "operation": "*"},
    {"kind": "hang", "operation": "book", "when": "after"},
    {"kind": "reset", "operation": "*"},
    {"kind": "reset", "operation": "writes", "when": "after"},
    {"kind": "drop", "operation": "*"},
    {"kind": "drop", "operation": "writes", "when": "after"},
    {"kind": "restart", "operation": "*"},
    {"kind": "restart", "operation": "writes", "when": "after"},
    {"kind": "answer", "operation": "*", "status": 500},
    {"kind": "answer", "operation": "writes", "status": 502, "when": "after"},
    {"kind": "answer", "operation": "*", "status": 504},
    {"kind": "answer", "operation": "reads", "status": 404},
    {"kind": "answer", "operation": "*", "status": 418},
    {"kind": "html", "operation": "*"},
    {"kind": "html", "operation": "writes", "when": "after"},
    {"kind": "access_denied", "operation": "*"},
    {"kind": "access_denied", "operation": "writes", "when": "after"},
    {"kind": "nonce_refused", "operation": "*"},
    {"kind": "rate_limit", "operation": "*"},
    {"kind": "locked", "operation": "writes"},
    {"kind": "late_commit", "operation": "writes"},
    {"kind": "replay", "operation": "book"},
    _AGAIN,
    {"kind": "stale", "operation": "reads"},
    {"kind": "find_404"},
    {"kind": "find_405"},
    {"kind": "find_in_transit"},
    {"kind": "find_wrong_status"},
    {"kind": "find_two"},
    {"kind": "truncate", "operation": "*"},
    {"kind": "drip", "operation": "*"},
    {"kind": "wrong_types", "operation": "*"},
    {"kind": "empty", "operation": "*"},
)
_LASTING: tuple[dict[str, Any], ...] = (
    {"kind": "outage", "operation": "*"},
    {"kind": "outage", "operation": "reads"},
    {"kind": "outage", "operation": "writes"},
    {"kind": "outage", "operation": "*", "prison": "LEI"},
    {"kind": "outage", "operation": "*", "up": 0.3, "down": 0.2},
    {"kind": "late_commit", "operation": "writes"},
    {"kind": "stale", "operation": "reads"},
)
_BOMBS = ("dtd", "bomb", "other_correlation", "other_version", "two_answers", "another_answer", "nonce_refused")
"""SOAP answers that are none; the others are odd and mean what they say."""
_ODD_SHARE = 0.2


def a_fault(rng: random.Random, plan: Plan) -> dict[str, Any]:
    """One fault as the fake's control face takes it."""
    if plan.transport == "soap" and rng.random() < _ODD_SHARE:
        return _oddity(rng)
    if rng.random() < 0.2:
        fault = {**rng.choice(_LASTING), "lasts": rng.uniform(0.3, 2.5)}
    else:
        fault = {**_any(rng, plan), "count": rng.randint(1, 4), "seed": rng.randrange(1000)}
    match fault["kind"]:
        case "delay" | "late_commit":
            fault["seconds"] = rng.uniform(0.05, LATEST)
        case "replay":
            fault["seconds"] = rng.choice((0.0, rng.uniform(0.05, LATEST)))
        case "restart":
            fault["seconds"], fault["count"] = rng.uniform(0.1, 0.8), 1
        case "stale":
            fault["seconds"] = rng.uniform(0.05, _STALEST)
        case "drip":
            fault["seconds"] = rng.uniform(0.01, 0.2)
        case "find_wrong_status":
            fault["text"] = rng.choice(("CANC", "NORM"))
        case "hang":
            fault["count"] = 1
    return fault


def _any(rng: random.Random, plan: Plan) -> dict[str, Any]:
    """One out of all, but never both of the two that together contradict themselves: the only POST that we made is
    then answered with the refusal of one that somebody else made."""
    drawn = rng.choice(_ANYWHERE)
    if plan.repeats_refused and drawn["kind"] in ("replay", "repeat_answer"):
        return {**_AGAIN, "text": rng.choice((AT_CAPACITY, AT_CAPACITY, OVERLAPPING))}
    return drawn


def _oddity(rng: random.Random) -> dict[str, Any]:
    """Answers as only SOAP has them: several harmless oddities at once, or one that spoils the answer."""
    harmless = sorted(set(ODDITIES) - set(_BOMBS))
    names = [rng.choice(_BOMBS)] if rng.random() < 0.5 else rng.sample(harmless, k=rng.randint(1, 3))
    operation = rng.choice(("*", "reads", "writes", "writes"))
    return {"kind": "soap", "operation": operation, "text": " ".join(names), "count": rng.randint(1, 4)}

"""The `[decision]` section: how long each answer may take, and what the machine may refuse by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from adapter.config.section import Seconds, Section

Verdict = Literal["reject", "staff"]


class OnSettings(Section):
    """What follows when a check fails for this reason and no choice is left: an answer, or a person.

    A closed visit is no reason that a visitor can be given, so it is always a person's.
    """

    slot_unavailable: Verdict = "reject"
    no_allowance: Verdict = "reject"
    prisoner_details_incorrect: Verdict = "reject"
    prisoner_moved: Verdict = "staff"
    prisoner_out_of_prison: Verdict = "staff"
    prisoner_banned: Verdict = "staff"
    visitor_not_on_list: Verdict = "staff"
    visitor_banned: Verdict = "staff"
    closed_visit: Literal["staff"] = "staff"

    def items(self) -> Iterator[tuple[str, Verdict]]:
        """Every reason's code with what follows from it."""
        for reason in type(self).model_fields:
            yield reason, getattr(self, reason)


class DecisionSettings(Section):
    """Seconds throughout."""

    budget: float = Field(default=2.0, ge=0.3)
    handover_after: float = Field(default=120.0, ge=0)
    in_doubt_handover_after: Seconds = 600.0
    cancel_handover_after: Seconds = 3600.0
    facts_max_age: Seconds = 30.0
    on: OnSettings = OnSettings()

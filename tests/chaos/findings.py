"""What a comparison of the books finds: a promise that was broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lost", "double", "wrong", "repeated"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` says which promise, for people who have `explain` beside it."""

    kind: Kind
    visit_id: str
    text: str

"""Identifiers of a model: drawn from its seed, so that the same seed is the same run."""

from __future__ import annotations

import uuid
from random import Random


class SeededIds:
    """No two alike."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._holders = 0

    def visit_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def human_id(self) -> str:
        return "".join(self._rng.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=8))

    def holder(self) -> str:
        self._holders += 1
        return f"model-{self._holders}"

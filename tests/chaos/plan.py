"""What one run is to be like: how many requests, which seed, and the kind of installation that the seed decides."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Transport = Literal["rest", "soap"]
Store = Literal["postgresql", "sqlite"]

_TRANSPORTS: Mapping[str, Transport] = {"rest": "rest", "soap": "soap"}
_STORES: Mapping[str, Store] = {"postgresql": "postgresql", "sqlite": "sqlite"}

_BRISK = 12
"""Families at the site at the same time in a short run; a long one has more."""
_MOST = 24


@dataclass(frozen=True, slots=True)
class Plan:
    """`find_by_ref`: whether the installation finds visits by our reference.

    `told`: whether, where it doesn't, the settings say so, or leave it to the service to find out. `repeats_refused`: a
    repeated booking may be told that the slot is full; where it isn't, something in front of the prison system may send
    a booking twice, and hand back the second answer.
    """

    requests: int
    seed: int
    find_by_ref: bool = True
    told: bool = True
    repeats_refused: bool = False
    transport: Transport = "rest"
    store: Store = "postgresql"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Plan:
        """From the variables of `make chaos`; what they leave open the seed decides, or chance where it is open too."""
        seed = int(environ.get("SEED") or secrets.randbelow(1_000_000))
        transport = environ.get("TRANSPORT") or ("soap" if seed % 2 else "rest")
        store = environ.get("STORE") or "postgresql"
        return cls(
            requests=int(environ.get("REQUESTS") or 2000),
            seed=seed,
            find_by_ref=(environ.get("FIND_BY_REF") or ("false" if seed % 3 == 0 else "true")) == "true",
            told=seed % 4 < 2,
            repeats_refused=seed // 3 % 2 == 1,
            transport=_TRANSPORTS[transport],
            store=_STORES[store],
        )

    @property
    def at_once(self) -> int:
        """Families at the site at the same time."""
        return max(_BRISK, min(_MOST, self.requests // 40))

    @property
    def weight(self) -> int:
        """How many COMMITs and mails each trouble hits, and how many staff there are, to keep up with the families."""
        return self.at_once // _BRISK

    def __str__(self) -> str:
        reference = "with" if self.find_by_ref else "without"
        return f"seed {self.seed}, {self.transport}, {reference} find-by-reference, {self.store}"

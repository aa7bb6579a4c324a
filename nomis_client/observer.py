"""How the client tells of its calls without knowing who counts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Observer(Protocol):
    """Told of every call. Arguments are names and codes with few values; never ids, names or bodies."""

    def call_ended(self, operation: str, outcome: str, seconds: float) -> None:
        """One try on the wire. `outcome`: `ok`, `refused`, or an error's `reason`."""
        ...

    def breaker_changed(self, prison: str, kind: str, state: str) -> None:
        """`kind`: `reads` or `writes`; `state`: `closed`, `open` or `half_open`."""
        ...

    def defect_seen(self, operation: str, reason: str) -> None:
        """Something that one side must mend: a 400 on a read, a reply outside the contract, access denied."""
        ...

    def drift_seen(self, operation: str, reason: str) -> None:
        """Something harmless that differs from what we hold, e.g. a live slot that isn't on the timetable."""
        ...


class Silent:
    """An observer that tells nobody."""

    def call_ended(self, operation: str, outcome: str, seconds: float) -> None: ...
    def breaker_changed(self, prison: str, kind: str, state: str) -> None: ...
    def defect_seen(self, operation: str, reason: str) -> None: ...
    def drift_seen(self, operation: str, reason: str) -> None: ...


class Tracer(Protocol):
    """Follows each try on the wire, and may have the other side told how to go on with the trace."""

    def call(self, operation: str) -> AbstractContextManager[Callable[[str], None]]:
        """The block is one try; the function that it gives is told the outcome (as `Observer.call_ended`)."""
        ...

    def headers(self) -> Mapping[str, str]:
        """More headers for the request that is about to leave; codes only, never anything about a person."""
        ...


class Untraced:
    """A tracer that follows nothing."""

    def call(self, operation: str) -> AbstractContextManager[Callable[[str], None]]:  # noqa: ARG002
        return nullcontext(_ignore)

    def headers(self) -> Mapping[str, str]:
        return {}


def _ignore(_outcome: str) -> None: ...

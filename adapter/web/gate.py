"""Who gets in: credentials and limits, before anything of a request is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from adapter.log import events, get_logger
from adapter.web.arrival import Arrival
from adapter.web.credentials import Authenticator
from adapter.web.failure import Failure
from adapter.web.front import UNMATCHED
from adapter.web.limits import Limits

_CREDENTIALS = "credential"
_REFUSALS = {401: "unauthenticated", 403: "wrong_role"}
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Gate:
    """Guards everything under `prefix` but the `open_routes`: those need no credential. Outside nothing is asked.

    A path that no route fits is guarded by what it begins with: who has no credential learns nothing of our paths.
    """

    authenticator: Authenticator
    limits: Limits
    prefix: str
    open_routes: frozenset[str] = frozenset()

    async def admit(self, request: web.Request, arrival: Arrival, route: str) -> None:
        """Puts the caller's name on `arrival`. Raises `Failure` 401, 403, 429 or 503."""
        path = request.path if route == UNMATCHED else route
        if not path.startswith(self.prefix):
            return
        if route not in self.open_routes:
            arrival.caller = await self._caller(request, arrival, route)
        self.limits.count_request(arrival.limited_as)

    async def _caller(self, request: web.Request, arrival: Arrival, route: str) -> str:
        self.limits.check_guesses(_CREDENTIALS, arrival.limited_as)
        try:
            return await self.authenticator.caller(request)
        except Failure as failure:
            if failure.status in _REFUSALS:
                _log.warning(events.LOGIN_REFUSED, route=route, reason=_REFUSALS[failure.status])
            if failure.status == 401:
                self.limits.count_wrong_guess(_CREDENTIALS, arrival.limited_as)
            raise

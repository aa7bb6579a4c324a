"""Answers that don't come from the state: what gateways, firewalls and tired servers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from nomis_client.fake.faults import Fault, FaultKind

HTML = "<!DOCTYPE html><html><head><title>Request blocked</title></head><body><p>Request blocked</p></body></html>"


@dataclass(frozen=True, slots=True)
class Canned:
    """An HTTP answer as it stands."""

    status: int
    body: str = ""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


def denied(status: int, body: str, content_type: str = "text/plain") -> Canned:
    return Canned(status, body, content_type)


_BY_KIND: dict[FaultKind, Canned] = {
    FaultKind.ANSWER: Canned(500),
    FaultKind.HTML: Canned(200, HTML, "text/html"),
    FaultKind.ACCESS_DENIED: Canned(401, "Authorization header missing"),
    FaultKind.EXPIRED_TOKENS: Canned(401, '{"error":"invalid_token"}', "application/json"),
    FaultKind.RATE_LIMIT: Canned(429),
    FaultKind.LATE_COMMIT: Canned(504, "Gateway timeout"),
    FaultKind.NONCE_REFUSED: Canned(401, "Nonce already used"),
    FaultKind.FIND_404: Canned(404),
    FaultKind.FIND_405: Canned(405),
}

_BODIES = {
    500: "internal server error",
    502: "Bad gateway",
    504: "Gateway timeout",
    401: "Authorization header missing",
}


def canned(fault: Fault) -> Canned:
    """What this fault answers: its own status, body and headers, or else what its kind is known for."""
    usual = _BY_KIND[fault.kind]
    status = fault.status or usual.status
    body, content_type = usual.body, usual.content_type
    if status != usual.status or not body:
        body = _BODIES.get(status, body)
    if status in {406, 418} and fault.body is None:
        body, content_type = HTML, "text/html"
    if isinstance(fault.body, str):
        body = fault.body
    elif fault.body is not None:
        body, content_type = json.dumps(fault.body), "application/json"
    headers = dict(fault.headers)
    if fault.kind is FaultKind.RATE_LIMIT:
        headers.setdefault("Retry-After", f"{fault.seconds or 1:g}")
    return Canned(status, body, fault.content_type or content_type, headers)

"""A request that gets an error answer, and the JSON body it gets: the frontend's `message`, and RFC 9457 beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from pydantic_core import to_json

JSON = "application/json; charset=utf-8"


_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}  # as of RFC 9110; older Pythons name them otherwise


def phrase(status: int) -> str:
    """The reason phrase of a status, the same on every Python."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent: a JSON Pointer to it, and why. Never the value itself."""

    pointer: str
    detail: str


class Failure(Exception):
    """Ends a request with an error answer. Neither `message` nor the faults repeat a value that was sent."""

    def __init__(
        self, status: int, message: str, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.faults = faults
        self.headers = headers or {}


def not_found() -> Failure:
    return Failure(404, "Not found")


def unavailable(retry_after: int) -> Failure:
    return Failure(503, "Service unavailable", headers={"Retry-After": str(retry_after)})


def too_many(retry_after: int) -> Failure:
    return Failure(429, "Too many requests", headers={"Retry-After": str(retry_after)})


def internal() -> Failure:
    return Failure(500, "Internal error")


def from_aiohttp(error: web.HTTPException) -> Failure:
    """What aiohttp raises by itself (no such path, wrong method, body too large), as ours."""
    if error.status == 404:
        return not_found()
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Failure(405, "Method not allowed", headers={"Allow": allowed})
    if error.status == 413:
        return Failure(413, "Request too large")
    if error.status >= 500:
        return internal()
    return Failure(error.status, phrase(error.status))


def problem(failure: Failure, request_id: str) -> dict[str, object]:
    """The body of an error answer."""
    body: dict[str, object] = {
        "message": failure.message,
        "type": "about:blank",
        "title": phrase(failure.status),
        "status": failure.status,
        "detail": failure.message,
        "instance": request_id,
    }
    if failure.status == 422:
        faults = failure.faults or (Fault("", failure.message),)
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    return body


def json_failure(_request: web.BaseRequest, failure: Failure, request_id: str) -> web.Response:
    """The error answer of a face that speaks JSON."""
    return web.Response(
        status=failure.status,
        body=to_json(problem(failure, request_id)),
        headers={**failure.headers, "Content-Type": JSON},
    )

"""docs/http-api.md, made from the endpoints and shapes that serve the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter.http.description import description, kind
from adapter.http.openapi import Document
from adapter.web.body import BODY_TIMEOUT, MAX_BODY
from adapter.web.server import ServerTimes

_HEAD = """# HTTP API

Made from `adapter/http` by `python docs/generate.py`; not to be edited by hand. A running adapter serves the same as
OpenAPI 3.1 at `/api/openapi.json` and as a page at `/api/docs`.

## What holds everywhere

- A success is always 200. Every reply is JSON in UTF-8, errors included (`/api/docs` and `/metrics` excepted).
- Every error has a string `message`, and beside it the members of RFC 9457; `instance` is the request id. A 422 lists
  everything that is wrong in `errors`, each with a JSON Pointer. No error repeats a value that was sent.
- `X-Request-Id` (1 to 128 of `A-Z a-z 0-9 . _ -`) is echoed; any other is replaced by one of ours.
- `Accept-Language`: the best of `en` and `cy`; without either the body's `locale`, else English.
- Bodies have at most {max_body:,} bytes and arrive within {body_timeout:g} s, request heads within {head:g} s; idle
  connections are closed after {keep_alive:g} s.
- With `[api.auth] mode` other than `none`, everything under `/api` but `openapi.json` and `docs` needs a bearer token:
  401 without, 403 without the role. `[api] rate_limit_per_minute` counts by credential, else by address; a sixth of it
  (at least ten) is the limit of wrong guesses of credentials, visit ids and prisoners. Beyond: 429 with `Retry-After`.
  So is a new request for a visit beyond `open_requests_per_prisoner` or `emails_per_address_and_day`.
- The same request for a visit again returns the visit of the first: under the same `Idempotency-Key` for 24 hours
  (another body under it is a 422); without a key, under the same `X-Request-Id` and body for 24 hours, or an equal
  request within 10 minutes unless the first came to nothing.
- 503 with `Retry-After`: nothing can be stored just now. It does not promise that nothing was.

"""


def page() -> str:
    """The whole page, in Markdown."""
    times = ServerTimes()
    head = _HEAD.format(max_body=MAX_BODY, body_timeout=BODY_TIMEOUT, head=times.head, keep_alive=times.keep_alive)
    document = description("", "http://127.0.0.1:8080", "bearer").document
    return head + "\n".join((*_operations(document), *_shapes(document))) + "\n"


def _operations(document: Document) -> Iterator[str]:
    yield "## Operations"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"\n### {method.upper()} {path}\n"
            more = f" {operation['description']}" if "description" in operation else ""
            yield f"{operation['summary']}.{more}\n"
            yield from _parameters(operation)
            if "requestBody" in operation:
                yield f"Takes `{kind(operation['requestBody']['content']['application/json']['schema'])}`.\n"
            yield f"Replies: {', '.join(_replies(operation))}."


def _parameters(operation: Document) -> Iterator[str]:
    if "parameters" not in operation:
        return
    yield "| parameter | in | value | required |\n|---|---|---|---|"
    for parameter in operation["parameters"]:
        said = f". {parameter['description']}" if "description" in parameter else ""
        required = "yes" if parameter["required"] else "no"
        yield f"| `{parameter['name']}` | {parameter['in']} | {_cell(parameter['schema'])}{said} | {required} |"
    yield ""


def _replies(operation: Document) -> Iterator[str]:
    for status, response in operation["responses"].items():
        for media_type, content in response["content"].items():
            what = kind(content["schema"]) if media_type == "application/json" else media_type
            yield f"{status} `{what}`"


def _shapes(document: Document) -> Iterator[str]:
    yield "\n## Shapes"
    for name, schema in document["components"]["schemas"].items():
        yield f"\n### {name}\n"
        if "description" in schema:
            yield schema["description"] + "\n"
        if not schema.get("properties"):
            yield "No keys."
            continue
        yield "| key | value | required |\n|---|---|---|"
        for key, value in schema["properties"].items():
            said = f". {value['description']}" if "description" in value else ""
            yield f"| `{key}` | {_cell(value)}{said} | {'yes' if key in schema.get('required', ()) else 'no'} |"


def _cell(schema: Any) -> str:
    return kind(schema).replace("|", "\\|")

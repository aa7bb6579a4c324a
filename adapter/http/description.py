"""The two endpoints that describe the API: for machines and for people. Both bodies are made once."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic_core import to_json

from adapter.http.context import Call, Context
from adapter.http.endpoint import Endpoint, Reply, json_bytes
from adapter.http.openapi import Document, Security, describe
from adapter.http.routes import ENDPOINTS
from adapter.web.headers import security_headers

_FRESH_FOR = "max-age=300"


class Description:
    """`/api/openapi.json` and `/api/docs`, describing all endpoints and themselves. Making one takes a tenth of a
    second."""

    def __init__(self, *, version: str, public_url: str, security: Security) -> None:
        own: dict[str, Any] = {"open": True, "negotiates": False}
        self.endpoints = (
            Endpoint("GET", "/api/openapi.json", self.show_openapi, "This description", dict[str, Any], **own),
            Endpoint(
                "GET", "/api/docs", self.show_docs, "This description to read", str, media_type="text/html", **own
            ),
        )
        self.document = describe(
            (*ENDPOINTS, *self.endpoints), version=version, public_url=public_url, security=security
        )
        self._openapi = to_json(self.document)
        self._docs, self._docs_policy = _render(self.document)

    async def show_openapi(self, _context: Context, _call: Call) -> Reply:
        response = json_bytes(self._openapi)
        response.headers["Cache-Control"] = _FRESH_FOR
        return response

    async def show_docs(self, _context: Context, _call: Call) -> Reply:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": self._docs_policy,
            "Cache-Control": _FRESH_FOR,
        }
        return web.Response(body=self._docs, headers=headers)


@lru_cache(maxsize=4)
def description(version: str, public_url: str, security: Security) -> Description:
    """The one for these settings."""
    return Description(version=version, public_url=public_url, security=security)


def _render(document: Document) -> tuple[bytes, str]:
    """The page, and the policy under which its own style is all that it may use."""
    environment = Environment(
        loader=PackageLoader("adapter.http", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["kind"] = kind
    style = environment.get_template("docs.css").render()
    page = environment.get_template("docs.html.jinja").render(document=document, style=style)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    nothing = security_headers()["Content-Security-Policy"]
    return page.encode(), f"{nothing}; style-src 'sha256-{digest}'"


def kind(schema: Document) -> str:
    """A schema in a few words, such as `list of VisitorOut` or `string (date) or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind(member) for member in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return to_json(schema["const"]).decode()
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    name = str(schema.get("type", "anything"))
    return f"{name} ({schema['format']})" if "format" in schema else name

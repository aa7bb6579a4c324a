"""The API's description: valid, complete, the same as what is served; and the page to read."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from adapter.config.api import ApiAuthSettings, ApiSettings
from adapter.http.reference import page
from adapter.http.routes import ENDPOINTS
from tests.support.api_client import ApiClient, api_client
from tests.support.api_site import Site
from tests.support.tokens import tokens_file


async def test_it_is_valid_openapi(api: ApiClient) -> None:
    OpenAPIV31SpecValidator(api.description).validate()
    assert api.description["openapi"].startswith("3.1.")
    assert api.description["servers"] == [{"url": "https://visits.example.com"}]


async def test_it_describes_every_endpoint_once(api: ApiClient) -> None:
    described = {(method.upper(), path) for path, methods in api.description["paths"].items() for method in methods}
    served = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert described == served | {("GET", "/api/openapi.json"), ("GET", "/api/docs")}
    ids = [operation["operationId"] for methods in api.description["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


async def test_what_the_frontend_breaks_on_is_closed(api: ApiClient) -> None:
    """No key may appear in these objects that isn't described."""
    schemas = api.description["components"]["schemas"]
    for name in ("VisitReply", "VisitOut", "VisitorOut", "PrisonOut", "PrisonSummary", "OutcomeOut", "ModeOut"):
        assert schemas[name]["additionalProperties"] is False, name
    assert set(schemas["VisitOut"]["required"]) == set(schemas["VisitOut"]["properties"])


async def test_credentials_are_described_where_they_are_needed(api: ApiClient, site: Site, tmp_path: Path) -> None:
    assert "securitySchemes" not in api.description["components"]
    path, _, _ = tokens_file(tmp_path)
    site.settings = ApiSettings(auth=ApiAuthSettings(mode="token", tokens_file=path))
    async with api_client(site.app()) as guarded:
        paths: dict[str, Any] = guarded.description["paths"]
    assert paths["/api/prisons"]["get"]["security"] == [{"bearer": []}]
    assert "401" in paths["/api/prisons"]["get"]["responses"]
    for open_path in ("/api/openapi.json", "/api/docs", "/health", "/ping"):
        assert "security" not in paths[open_path]["get"]


async def test_the_page_shows_every_operation_and_loads_nothing(api: ApiClient) -> None:
    reply = await api.get("/api/docs", headers={"Accept": "text/html"})
    page = reply.body.decode()
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    for path, methods in api.description["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    for name in api.description["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(|\son[a-z]+=|style=", page)
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert re.search(r"; style-src 'sha256-[A-Za-z0-9+/]{43}='$", policy)


def test_the_page_in_the_documentation_is_what_is_served() -> None:
    committed = Path(__file__).parents[2] / "docs" / "http-api.md"
    assert committed.read_text(encoding="utf-8") == page(), "run: python docs/generate.py"


async def test_the_style_is_the_one_that_the_policy_allows(api: ApiClient) -> None:
    reply = await api.get("/api/docs")
    style = re.search(r"<style>(.*?)</style>", reply.body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in reply.headers["Content-Security-Policy"]

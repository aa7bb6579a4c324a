"""The API's description: OpenAPI 3.1, made from the endpoints and the shapes that serve it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from adapter.http.endpoint import Endpoint, Parameter
from adapter.http.schemas import Invalid, Problem
from adapter.web.failure import phrase

Document = Mapping[str, Any]
Security = Literal["none", "bearer"]

_REFERENCES = "#/components/schemas/{model}"
_REQUEST_ID = {"description": "As sent, or made", "schema": {"type": "string"}}
_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Always `Bearer`"},
    429: {"Retry-After": "Seconds"},
    503: {"Retry-After": "Seconds"},
}


def describe(endpoints: Iterable[Endpoint], *, version: str, public_url: str, security: Security) -> Document:
    """The whole document."""
    endpoints = tuple(endpoints)
    shapes = _Shapes(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, shapes, security)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Prison visits",
            "version": version,
            "description": "Books prison visits in real time, and hands to staff what can't be booked so.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {"schemas": shapes.definitions},
    }
    if security == "bearer":
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return document


class _Shapes:
    """The schemas of all shapes, each once."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        wanted: dict[tuple[int, JsonSchemaMode], tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = {}

        def want(shape: Any, mode: JsonSchemaMode) -> None:
            wanted.setdefault((id(shape), mode), (shape, mode, TypeAdapter(shape)))

        for endpoint in endpoints:
            want(endpoint.answers, "serialization")
            for shape in endpoint.also.values():
                want(shape, "serialization")
            if endpoint.takes is not None:
                want(endpoint.takes, "validation")
        want(Problem, "serialization")
        want(Invalid, "serialization")
        inputs = [(key, mode, adapter) for key, (_, mode, adapter) in wanted.items()]
        found, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCES)
        self._schemas = {key: schema for (key, _), schema in found.items()}
        self.definitions = definitions["$defs"]

    def of(self, shape: Any, mode: JsonSchemaMode = "serialization") -> Document:
        return self._schemas[(id(shape), mode)]


def _operation(endpoint: Endpoint, shapes: _Shapes, security: Security) -> Document:
    operation: dict[str, Any] = {"operationId": endpoint.name, "summary": endpoint.summary}
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.parameters:
        operation["parameters"] = [_parameter(parameter) for parameter in endpoint.parameters]
    if endpoint.takes is not None:
        content = {"application/json": {"schema": shapes.of(endpoint.takes, "validation")}}
        operation["requestBody"] = {"required": True, "content": content}
    if security == "bearer" and not endpoint.open:
        operation["security"] = [{"bearer": []}]
    operation["responses"] = _responses(endpoint, shapes, security)
    return operation


def _parameter(parameter: Parameter) -> Document:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    if parameter.description:
        described["description"] = parameter.description
    return described


def _responses(endpoint: Endpoint, shapes: _Shapes, security: Security) -> Document:
    responses = {"200": _response(200, endpoint.media_type, shapes.of(endpoint.answers))}
    for status, shape in endpoint.also.items():
        responses[str(status)] = _response(status, "application/json", shapes.of(shape))
    for status in sorted({*endpoint.errors, *_common_errors(endpoint, security)} - set(endpoint.also)):
        shape = shapes.of(Invalid if status == 422 else Problem)
        responses[str(status)] = _response(status, "application/json", shape)
    return responses


def _common_errors(endpoint: Endpoint, security: Security) -> Iterable[int]:
    """The errors that come from before the handler."""
    yield 400  # not HTTP
    yield 500
    if endpoint.takes is not None:
        yield from (408, 413)
    if endpoint.negotiates:
        yield 406
    if endpoint.path.startswith("/api/"):
        yield from (429, 503)
        if security == "bearer" and not endpoint.open:
            yield from (401, 403)


def _response(status: int, media_type: str, schema: Document) -> Document:
    headers = {"X-Request-Id": _REQUEST_ID}
    for name, description in _HEADERS.get(status, {}).items():
        headers[name] = {"description": description, "schema": {"type": "string"}}
    return {
        "description": phrase(status),
        "headers": headers,
        "content": {media_type: {"schema": schema}},
    }

"""The body of a request as text: what zeep would render of the same arguments, letter for letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from nomis_client.soap.description import NAMESPACE


def asked(operation: str, arguments: Mapping[str, Any]) -> str:
    """The element of an operation. Its arguments come as they stand in `arguments`: that order must be the schema's."""
    inner = "".join([_element(name, value) for name, value in arguments.items()])
    begin = f'<ns0:{operation} xmlns:ns0="{NAMESPACE}"'
    return f"{begin}>{inner}</ns0:{operation}>" if inner else f"{begin}/>"


def _element(name: str, value: Any) -> str:
    if type(value) is list:
        return "".join([_element(name, one) for one in value])
    if type(value) is dict:
        inner = "".join([_element(each, one) for each, one in value.items()])
    elif type(value) is str:
        inner = escape(value, {"\r": "&#13;"})
    else:
        inner = value.isoformat() if isinstance(value, date) else str(value)
    return f"<ns0:{name}>{inner}</ns0:{name}>"

"""Settings as they may be shown to whoever runs the service."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel, SecretStr

from adapter.config.complaint import KeyPath, dotted
from adapter.config.settings import Sections

MASK = "***"
_PASSWORD = re.compile(r"(?<=://)([^/?#@\s:]*):[^/?#\s]*@")


def shown_settings(settings: Sections) -> Iterator[str]:
    """One line per setting but the prisons', such as `[nomis] read_timeout = 5.0`; a secret that is set is `***`."""
    for name in Sections.model_fields:
        yield from _shown(getattr(settings, name), (name,))


def _shown(value: object, path: KeyPath) -> Iterator[str]:
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _shown(getattr(value, key), (*path, key))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _shown(inner, (*path, str(key)))
    else:
        yield f"{dotted(path)} = {_written(value)}"


def _written(value: object) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_written(item) for item in value)}]"
    if isinstance(value, int | float):
        return str(value)
    return '"' + _PASSWORD.sub(rf"\1:{MASK}@", str(value)) + '"'

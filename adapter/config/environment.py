"""Settings from environment variables: `ADAPTER__NOMIS__BASE_URL` is `[nomis] base_url`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from adapter.config.complaint import KeyPath
from adapter.config.tree import find

PREFIX = "ADAPTER__"
PRISONS = "prisons"


@dataclass(frozen=True)
class Variable:
    """One variable that sets something."""

    name: str
    path: KeyPath
    value: object

    @property
    def source(self) -> str:
        return f"environment {self.name}"

    def nested(self) -> dict[str, object]:
        """Its value inside the tables that its name spells."""
        inner: object = self.value
        for key in reversed(self.path):
            inner = {key: inner}
        assert isinstance(inner, dict)
        return inner


def read_environment(
    environ: Mapping[str, str], model: type[BaseModel], known: Mapping[str, object]
) -> tuple[list[Variable], list[str]]:
    """What the environment sets, tables before what stands in them, and the complaints about it.

    Keys are matched whatever their case: with `known`, what the files set, and else by the custom that settings are
    lower case and the codes of prisons upper case.
    """
    variables: dict[KeyPath, Variable] = {}
    complaints: list[str] = []
    for name, text in sorted(environ.items()):
        if not name.upper().startswith(PREFIX):
            continue
        if not _is_unicode(name + text):
            complaints.append(f"environment {name!a}: is not UTF-8")
            continue
        parts = name[len(PREFIX) :].split("__")
        if not all(parts):
            complaints.append(f"environment {name}: names no setting")
            continue
        path = _path(parts, known)
        if path in variables:
            complaints.append(f"environment {name}: sets the same as {variables[path].name}")
            continue
        value = _value(text, path, model)
        if isinstance(value, float) and not math.isfinite(value):
            complaints.append(f"environment {name}: must be a finite number")
            continue
        variables[path] = Variable(name, path, value)
    return sorted(variables.values(), key=lambda variable: len(variable.path)), complaints


def _is_unicode(text: str) -> bool:
    """False where the environment held bytes that are no text; Python smuggles them in as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _path(parts: list[str], known: Mapping[str, object]) -> KeyPath:
    path: list[str] = []
    table: object = known
    for part in parts:
        keys = table if isinstance(table, Mapping) else {}
        custom = part.upper() if path == [PRISONS] else part.lower()
        key = next((key for key in keys if key.lower() == part.lower()), custom)
        path.append(key)
        table = keys.get(key)
    return tuple(path)


def _value(text: str, path: KeyPath, model: type[BaseModel]) -> object:
    """The text read as TOML where it can be, else as it is; a setting that is text is never made a number."""
    try:
        document = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    if set(document) != {"value"}:
        return text
    setting = find(model, path)
    if setting is not None and setting.is_text and not isinstance(document["value"], str):
        return text
    return document["value"]

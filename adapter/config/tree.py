"""What settings there are: the tree of sections, read from the models themselves."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from adapter.config.complaint import KeyPath

ANY = "*"
"""Stands in a path for a key that whoever configures chooses, such as a prison's code."""


@dataclass(frozen=True)
class Setting:
    """One setting. `annotation` is its type without `Annotated`; `declared` is None for an entry of a free table."""

    path: KeyPath
    annotation: object
    declared: FieldInfo | None

    @property
    def is_secret(self) -> bool:
        """Whether its value must never be written down."""
        return SecretStr in _members(self.annotation)

    @property
    def is_text(self) -> bool:
        """Whether its value is text and nothing else, so that `0800` in the environment stays what it is."""
        members = _members(self.annotation) - {type(None)}
        return bool(members) and all(_is_text(member) for member in members)


def settings_of(model: type[BaseModel], path: KeyPath = ()) -> Iterator[Setting]:
    """Every setting below `model`, in the order in which the models declare them."""
    for key, declared in model.model_fields.items():
        yield from _below(declared.annotation, (*path, key), declared)


def find(model: type[BaseModel], path: KeyPath) -> Setting | None:
    """The setting at `path`, or None where there is none or where it is a table."""
    node = _index(model)
    for key in path:
        below = node.below.get(key) or node.below.get(ANY)
        if below is None:
            return None
        node = below
    return node.setting


@dataclass
class _Node:
    """What stands at one key: a setting, or more keys."""

    setting: Setting | None = None
    below: dict[str, _Node] = field(default_factory=dict)


@cache
def _index(model: type[BaseModel]) -> _Node:
    root = _Node()
    for setting in settings_of(model):
        node = root
        for key in setting.path:
            node = node.below.setdefault(key, _Node())
        node.setting = setting
    return root


def _below(annotation: object, path: KeyPath, declared: FieldInfo | None) -> Iterator[Setting]:
    members = _members(annotation)
    for member in members:
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield from settings_of(member, path)
            return
        if get_origin(member) in (dict, Mapping):
            yield from _below(get_args(member)[1], (*path, ANY), None)
            return
    yield Setting(path, annotation, declared)


def _members(annotation: object) -> set[Any]:
    """The types of a union, unwrapped; of anything else itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return set().union(*(_members(member) for member in get_args(annotation)))
    return {annotation}


def _is_text(member: object) -> bool:
    if get_origin(member) is Literal:
        return all(isinstance(word, str) for word in get_args(member))
    return isinstance(member, type) and issubclass(member, str | SecretStr | Path)

"""Reading a whole configuration: files over files, the environment over all, every complaint in one error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from adapter.config.book import PrisonBook
from adapter.config.checks import CHECKS
from adapter.config.complaint import ConfigError, KeyPath, complaint
from adapter.config.environment import read_environment
from adapter.config.files import FileReader
from adapter.config.overlay import Overlay
from adapter.config.prisons import STAND_INS, PrisonTable, make_book
from adapter.config.remainder import Place, remainder
from adapter.config.settings import Sections, Settings, Tree

M = TypeVar("M", bound=BaseModel)


def load(paths: Sequence[Path], environ: Mapping[str, str]) -> Settings:
    """The settings of these files, later over earlier, and of the variables `ADAPTER__…` over all.

    Reads the files and those that they include; no file means the built-in values. Raises ConfigError with every
    complaint at once.
    """
    overlay = Overlay()
    files = FileReader(Tree, overlay)
    complaints = _lay_all(files, paths, environ)
    reader = _SectionReader(overlay, complaints)
    sections = {
        name: reader.read(_model(field), (name,), overlay.values.get(name, {}))
        for name, field in Sections.model_fields.items()
    }
    prisons = reader.read_prisons(overlay.values.get("prisons", {}))
    for key in overlay.values.keys() - Tree.model_fields.keys():
        complaints.append(complaint(overlay.origin((key,)), (key,), _unknown(key, Tree)))
    well_formed = {name: section for name, section in sections.items() if section is not None}
    if files.all_read:  # else what seems to be missing may stand in the file that couldn't be read
        complaints += _contradictions(well_formed, overlay)
    if complaints:
        raise ConfigError(complaints)
    return Settings(**well_formed, prisons=prisons)


def _lay_all(files: FileReader, paths: Sequence[Path], environ: Mapping[str, str]) -> list[str]:
    """Lay the files and the environment over each other, and return what is wrong with them so far."""
    for path in paths:
        files.read(path)
    variables, complaints = read_environment(environ, Tree, files.overlay.values)
    for variable in variables:
        if variable.path == ("include",):
            files.include(variable.value, variable.source, Path())
    for variable in variables:
        if variable.path != ("include",):
            files.overlay.lay(variable.nested(), variable.source)
    return files.complaints + complaints


def _contradictions(sections: dict[str, Any], overlay: Overlay) -> Iterator[str]:
    """What the checks between settings say, as far as the sections that they need are well-formed."""
    settings = Sections.model_construct(**sections)
    for check in CHECKS:
        if check.sections <= sections.keys():
            for path, message in check.find(settings):
                yield complaint(overlay.origin(path), path, message)


class _SectionReader:
    """Turns tables into sections, adding to `complaints` what is wrong with them."""

    def __init__(self, overlay: Overlay, complaints: list[str]) -> None:
        self._overlay = overlay
        self._complaints = complaints

    def read(self, model: type[BaseModel], path: KeyPath, values: object) -> BaseModel | None:
        """The section, or None if it is not well-formed."""
        try:
            return _validated(model, values)
        except ValidationError as error:
            self._complain_of(error, model, path)
            return None

    def read_prisons(self, values: object) -> PrisonBook:
        """The prisons, as far as they are well-formed; a malformed entry hides no fault beside it."""
        if not isinstance(values, dict):
            self._complain(("prisons",), "must be tables such as [prisons.LEI]")
            return PrisonBook()
        tables: dict[str, PrisonTable] = {}
        malformed: set[Place] = set()
        for key, values_of_one in values.items():
            table, places = self._read_prison(key, values_of_one)
            malformed |= {(key, *place) for place in places}
            if table is not None:
                tables[key] = table
        book, faults = make_book(tables)
        for path, message in faults:
            if path not in malformed:  # what was taken out isn't missing, and has its complaint
                self._complain(("prisons", *path), message)
        return book

    def _read_prison(self, key: str, values: object) -> tuple[PrisonTable | None, set[Place]]:
        """What is well-formed of one prison's table, and the places of what isn't."""
        try:
            return _validated(PrisonTable, values), set()
        except ValidationError as error:
            self._complain_of(error, PrisonTable, ("prisons", key))
            if not isinstance(values, dict):
                return None, set()
            places = {details["loc"] for details in error.errors(include_url=False, include_input=False)}
            left = remainder(values, places)
            left |= {name: value for name, value in STAND_INS.items() if (name,) in places}
            return _validated(PrisonTable, left), places

    def _complain_of(self, error: ValidationError, model: type[BaseModel], path: KeyPath) -> None:
        for details in error.errors(include_url=False, include_input=False, include_context=False):
            self._complain((*path, *details["loc"]), _words(details, model))

    def _complain(self, path: tuple[str | int, ...], message: str) -> None:
        self._complaints.append(complaint(self._overlay.origin(path), path, message))


def _validated(model: type[M], values: object) -> M:
    """Strict, so that `"no"` is no boolean and `true` no number, but by the rules of JSON, so that a list may be a
    tuple and a text a path.
    """
    return model.model_validate_json(json.dumps(values, default=_plain), strict=True)


def _plain(value: object) -> str:
    """TOML's dates and times as text."""
    assert isinstance(value, date | datetime | time)
    return value.isoformat()


def _words(details: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong, without the value, which might be a secret."""
    if details["type"] == "extra_forbidden":
        return _unknown(str(details["loc"][-1]), _model_at(model, details["loc"][:-1]))
    return details["msg"].removeprefix("Value error, ").replace("Input should", "should")


def _unknown(key: str, model: type[BaseModel] | None) -> str:
    """An unknown key, and the one that was perhaps meant."""
    meant = get_close_matches(key.lower(), model.model_fields, n=1) if model else []
    return f"there is no such setting; perhaps {meant[0]} is meant" if meant else "there is no such setting"


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """The section at `path` below `model`."""
    for key in path:
        field = model.model_fields.get(str(key))
        below = field.annotation if field else None
        if not (isinstance(below, type) and issubclass(below, BaseModel)):
            return None
        model = below
    return model


def _model(field: FieldInfo) -> type[BaseModel]:
    """The section that a field of `Sections` is."""
    model = field.annotation
    assert isinstance(model, type) and issubclass(model, BaseModel)
    return model

"""Reading the configuration files and the files that they include."""

from __future__ import annotations

import glob
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from adapter.config.complaint import KeyPath, complaint
from adapter.config.overlay import Overlay, settings_in
from adapter.config.tree import find

_PASSWORD_IN_ADDRESS = re.compile(r"://[^/?#@\s]*:[^/?#@\s]+@")


@dataclass
class FileReader:
    """Lays files over `overlay` and collects what is wrong with them. `all_read`: each was there, and TOML."""

    model: type[BaseModel]
    overlay: Overlay
    complaints: list[str] = field(default_factory=list)
    all_read: bool = True
    _included: set[Path] = field(default_factory=set)

    def read(self, path: Path) -> None:
        """Lay one file of the command line, and what it includes, over what was read before."""
        values = self._parsed(path)
        if values is None:
            return
        patterns = values.pop("include", [])
        given_by: dict[KeyPath, str] = {}
        self._lay(values, path, given_by)
        self.include(patterns, str(path), path.parent, given_by)

    def include(self, patterns: object, source: str, folder: Path, given_by: dict[KeyPath, str] | None = None) -> None:
        """Lay the files that match, by name, over what was read before. `given_by` says what is set beside them."""
        given_by = {} if given_by is None else given_by
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            self.complaints.append(
                complaint(source, ("include",), 'must be a list of patterns such as "prisons/*.toml"')
            )
            return
        for path in self._matching(patterns, source, folder):
            values = self._parsed(path)
            if values is None:
                continue
            for key in [key for key in values if key != "prisons"]:
                del values[key]
                self.complaints.append(
                    complaint(str(path), (key,), "an included file may hold [prisons.*] tables only")
                )
            self._lay(values, path, given_by)

    def _matching(self, patterns: Sequence[str], source: str, folder: Path) -> Iterator[Path]:
        for pattern in patterns:
            # Path.glob takes no absolute patterns.
            names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207
            if not names and not glob.has_magic(pattern):
                self.complaints.append(complaint(source, ("include",), f"there is no file {pattern}"))
            for path in (folder / name for name in names):
                if path.resolve() not in self._included:
                    self._included.add(path.resolve())
                    yield path

    def _parsed(self, path: Path) -> dict[str, object] | None:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.complaints.append(f"{path}: there is no such file")
        except OSError as error:
            self.complaints.append(f"{path}: can't be read ({error.strerror})")
        except UnicodeDecodeError:
            self.complaints.append(f"{path}: is not UTF-8")
        except tomllib.TOMLDecodeError as error:
            self.complaints.append(f"{path}: is not TOML: {error}")
        self.all_read = False
        return None

    def _lay(self, values: dict[str, object], path: Path, given_by: dict[KeyPath, str]) -> None:
        """Lay what a file may say, and complain of what it may not."""
        for key_path, value in settings_in(values).items():
            if fault := self._fault(key_path, value):
                self.complaints.append(complaint(str(path), key_path, fault))
                _drop(values, key_path)
            elif key_path in given_by:
                fault = f"is set in {given_by[key_path]} too; files that belong together must not contradict each other"
                self.complaints.append(complaint(str(path), key_path, fault))
            else:
                given_by[key_path] = str(path)
        self.overlay.lay(values, str(path))

    def _fault(self, path: KeyPath, value: object) -> str:
        setting = find(self.model, path)
        if setting is not None and setting.is_secret:
            name = environment_name(path)
            return f"is a secret and has no place in a file; set {name}, or {path[-1]}_file to a file that holds it"
        if isinstance(value, str) and _PASSWORD_IN_ADDRESS.search(value):
            return f"holds a password, which has no place in a file; set {environment_name(path)} instead"
        if isinstance(value, float) and not math.isfinite(value):
            return "must be a finite number"
        return ""


def environment_name(path: KeyPath) -> str:
    """The environment variable that sets this."""
    return "__".join(["ADAPTER", *(part.upper() for part in path)])


def _drop(values: dict[str, object], path: KeyPath) -> None:
    """Remove a setting; a table that is left empty stays, since it was written."""
    table: Mapping[str, object] = values
    for key in path[:-1]:
        inner = table[key]
        assert isinstance(inner, dict)
        table = inner
    assert isinstance(table, dict)
    del table[path[-1]]

"""What config.toml says about each setting, in its comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.config.complaint import KeyPath

_TABLE = re.compile(r"\[([\w.]+)\]")
_SETTING = re.compile(r'(# )?("[^"]+"|\w+) = (.*)')
_COMMENT = re.compile(r"# ?(.*)")


@dataclass(frozen=True)
class Entry:
    """A setting as it is written: `about` is the comment above it; with `is_set` False it is commented out."""

    path: KeyPath
    about: str
    is_set: bool


@dataclass(frozen=True)
class Written:
    """The settings of a file by their path, and the comment above each of its tables."""

    entries: dict[KeyPath, Entry]
    tables: dict[KeyPath, str]


def read_written(text: str) -> Written:
    """What stands in `text`, a configuration file in which every setting has a comment above it."""
    entries: dict[KeyPath, Entry] = {}
    tables: dict[KeyPath, str] = {}
    table: KeyPath = ()
    comment: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if found := _TABLE.fullmatch(line):
            table = tuple(found[1].split("."))
            tables[table] = " ".join(comment)
            comment = []
        elif found := _SETTING.fullmatch(line):
            path = (*table, found[2].strip('"'))
            entries[path] = Entry(path, " ".join(comment), is_set=found[1] is None)
            comment = []
            if found[3] == '"""':
                while not next(lines).endswith('"""'):
                    pass
        elif found := _COMMENT.fullmatch(line):
            comment.append(found[1])
        else:
            comment = []
    return Written(entries, tables)

"""docs/configuration.md: what the tree of settings says, with the words of config.toml."""

from __future__ import annotations

import types
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from adapter.config.complaint import KeyPath
from adapter.config.files import environment_name
from adapter.config.settings import Tree
from adapter.config.tree import ANY, Setting, settings_of
from adapter.config.written import Written, read_written

_HEAD = """# Configuration

Made from the tree of settings in `adapter/config/` and the comments of `config.toml` by `python docs/generate.py`; not
to be edited by hand.

Without `--config`, `./config.toml` is read. `--config` may be given more than once: later files overlay earlier ones,
tables key by key, lists replaced. `include`, above any table, names patterns of more files with `[prisons.*]` tables,
from the folder of the file that says it. Environment variables overlay all files: `ADAPTER__NOMIS__BASE_URL` is
`[nomis] base_url`, in any case of letters, its value read as TOML where it can be and as text otherwise; a setting that
is text always gets the text. Other relative paths start from the working directory.

Unknown keys and bad values stop the start, with one message that lists all of them; `visits-adapter check-config` does
nothing else. Secrets come from the environment or from files that `*_file` settings name; in a TOML file they are
refused, and wherever settings are printed they are `***`.

`SIGHUP` makes a process read the prisons and `tokens_file` again. A bad file changes nothing and is logged. A prison
that is gone but still has open visits stays known, disabled.
"""
_NAMES: dict[object, str] = {
    bool: "true, false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "secret",
    UUID: "UUID",
}
_SIGNS = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}
_EXAMPLE = "LEI"  # the prison whose keys config.toml explains


def page(config_toml: str) -> str:
    """The whole page, in Markdown. `config_toml` is the text of the shipped configuration."""
    written = read_written(config_toml)
    parts = [_HEAD]
    for table, settings in groupby(settings_of(Tree), key=_table):
        parts.append(f"## {_title(table)}\n")
        if about := written.tables.get(_as_shipped(table)):
            parts.append(f"{about}\n")
        parts.append("| setting | type | default | means |\n|---|---|---|---|")
        parts.append("\n".join(_row(setting, written) for setting in settings) + "\n")
    return "\n".join(parts)


def _table(setting: Setting) -> KeyPath:
    return setting.path[:-1]


def _title(table: KeyPath) -> str:
    if not table:
        return "Above any table"
    return f"`[{'.'.join('KEY' if key == ANY else key for key in table)}]`"


def _row(setting: Setting, written: Written) -> str:
    key = setting.path[-1]
    entry = written.entries.get(_as_shipped(setting.path))
    about = entry.about if entry else written.tables.get(_as_shipped(_table(setting)), "")
    name = f"`{environment_name(setting.path)}`" if setting.is_secret else f"`{key}`"
    cells = [name if key != ANY else "each key", _type(setting), _default(setting), about]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _as_shipped(path: KeyPath) -> KeyPath:
    return tuple(_EXAMPLE if key == ANY and path[at - 1] == "prisons" else key for at, key in enumerate(path))


def _type(setting: Setting) -> str:
    bounds = [
        f"{sign} {getattr(mark, name):g}"
        for mark in (setting.declared.metadata if setting.declared else [])
        for kind, (sign, name) in _SIGNS.items()
        if isinstance(mark, kind)
    ]
    return ", ".join([*_type_names(setting.annotation), *bounds])


def _type_names(annotation: Any) -> Iterator[str]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _type_names(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            if member is not type(None):
                yield from _type_names(member)
    elif origin is Literal:
        yield ", ".join(f'"{word}"' for word in get_args(annotation))
    elif origin is tuple:
        yield f"list of {''.join(_type_names(get_args(annotation)[0]))}"
    else:
        yield _NAMES[annotation]


def _default(setting: Setting) -> str:
    default = setting.declared.default if setting.declared else None
    match default:
        case None | "" | ():
            return ""
        case bool():
            return str(default).lower()
        case int() | float():
            return f"{default:g}"
        case _:
            return "" if default is PydanticUndefined else f'"{default}"'

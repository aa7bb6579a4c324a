"""JSON read strictly: what is not plainly of the contract is not understood, and nothing else escapes from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NoReturn

from pydantic_core import from_json, to_json

from nomis_client.values import BIGGEST_ID, Malformed, day

Value = object
Object = dict[str, object]


def _object(pairs: list[tuple[str, object]]) -> Object:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("duplicate_member")
    return members


def _no_constant(_: str) -> NoReturn:
    raise Malformed("not_a_number")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)


def decode(body: bytes, content_type: str) -> Object:
    """The JSON object in a body. Raises `Malformed`."""
    if not _says_utf8(content_type):
        raise Malformed("charset")
    value = _read_quickly(body)
    if value is None:
        value = read_carefully(body)
    if type(value) is not dict:
        raise Malformed("not_an_object")
    return value


@lru_cache(maxsize=64)
def _says_utf8(content_type: str) -> bool:
    charset = content_type.lower().partition("charset=")[2].strip(" \"'").partition(";")[0].strip(" \"'")
    return charset in {"", "utf-8", "utf8", "us-ascii"}


def _read_quickly(body: bytes) -> object:
    """What `read_carefully` would give, in two thirds of its time; None where only that can tell.

    Without escapes each quote begins or ends a text; a member that comes twice leaves a text less in what was read.
    """
    if b"\\" in body:
        return None
    try:
        value: object = from_json(body, allow_inf_nan=False, cache_strings="keys")
        return value if to_json(value).count(b'"') == body.count(b'"') else None
    except ValueError:
        return None


def read_carefully(body: bytes) -> object:
    """The JSON in a body. Raises `Malformed`, naming what is wrong with it."""
    try:
        text = body.decode("utf-8")
        value: object = _decoder.decode(text)
        if "\\u" in text:
            _check_characters(value)
    except UnicodeError:
        raise Malformed("not_utf8") from None
    except RecursionError:
        raise Malformed("too_deep") from None
    except ValueError:
        raise Malformed("not_json") from None
    return value


def _check_characters(value: object) -> None:
    """Escapes can smuggle in what no text may hold: half a surrogate pair, a NUL that a database refuses."""
    spelled = json.dumps(value, ensure_ascii=False)
    spelled.encode("utf-8")
    if "\\u0000" in spelled:
        raise Malformed("nul_character")


def text_of(members: Object, name: str) -> str:
    value = members.get(name)
    if type(value) is not str:
        raise Malformed(f"{name}_is_no_text")
    return value


def text_or(members: Object, name: str, otherwise: str = "") -> str:
    """As `text_of`, for a member that may be left out."""
    return otherwise if members.get(name) is None else text_of(members, name)


def flag_of(members: Object, name: str) -> bool:
    value = members.get(name)
    if type(value) is not bool:
        raise Malformed(f"{name}_is_no_flag")
    return value


def count_of(members: Object, name: str) -> int:
    value = members.get(name)
    if type(value) is not int or not 0 <= value <= BIGGEST_ID:
        raise Malformed(f"{name}_is_no_count")
    return value


def id_of(members: Object, name: str) -> int:
    value = members.get(name)
    if type(value) is not int or not 0 < value <= BIGGEST_ID:
        raise Malformed(f"{name}_is_no_id")
    return value


def object_of(members: Object, name: str) -> Object:
    value = members.get(name)
    if type(value) is not dict:
        raise Malformed(f"{name}_is_no_object")
    return value


def objects_of(members: Object, name: str) -> list[Object]:
    value = members.get(name)
    if type(value) is not list:
        raise Malformed(f"{name}_is_no_list")
    for one in value:
        if type(one) is not dict:
            raise Malformed(f"{name}_is_no_list")
    return value


def code_of(members: Object, name: str) -> str:
    """The code of a `{"code", "desc"}` pair."""
    return text_of(object_of(members, name), "code")


def code_or(members: Object, name: str, otherwise: str = "") -> str:
    """As `code_of`, for a pair that may be left out or empty."""
    pair = members.get(name)
    if pair is None:
        return otherwise
    if type(pair) is not dict:
        raise Malformed(f"{name}_is_no_object")
    return text_or(pair, "code", otherwise)


def day_of(members: Object, name: str) -> date:
    return day(text_of(members, name))


def day_or_none(members: Object, name: str) -> date | None:
    return None if members.get(name) is None else day_of(members, name)


def members_of(members: Mapping[str, object]) -> Mapping[str, Object]:
    """Every member, each an object."""
    checked: dict[str, Object] = {}
    for name, value in members.items():
        if type(value) is not dict:
            raise Malformed("member_is_no_object")
        checked[name] = value
    return checked

"""XML read strictly: an envelope from bytes, and typed values from elements. Nothing but `Malformed` escapes from here.

Elements are told by name and namespace; their order and prefixes don't matter. One that is missing, empty or
`xsi:nil` is absent. What isn't in the service's namespace is left alone, as are names that nobody asks for.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from xml.etree.ElementTree import Element, ParseError, fromstring
from zoneinfo import ZoneInfo

from nomis_client.slot_times import slot_between
from nomis_client.soap.description import NAMESPACE
from nomis_client.types import SlotTime
from nomis_client.values import BIGGEST_ID, Malformed, day

Members = dict[str, str | Element]
"""Children by name: the text of those that hold text, the element of those that hold elements."""

_OURS = f"{{{NAMESPACE}}}"
_CUT = len(_OURS)
_FLAGS = {"true": True, "1": True, "y": True, "false": False, "0": False, "n": False}
_LONDON = ZoneInfo("Europe/London")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_CARRIED = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def parsed(body: bytes) -> Element:
    """The root of a document without DTD. Raises `Malformed`."""
    # Looked for in the bytes, so that no parser ever works on one. Whatever the encoding, the parser insists that these
    # letters have ASCII's bytes, but for UTF-16, where there is a NUL beside each.
    if b"<!DOCTYPE" in body.replace(b"\0", b""):
        raise Malformed("dtd")
    try:
        return fromstring(body)  # noqa: S314 - without a DTD there are no entities to do harm
    except (ParseError, ValueError, LookupError):
        raise Malformed("not_xml") from None


def only_child(holder: Element) -> Element:
    """The one element in this one. Raises `Malformed`."""
    if len(holder) != 1:
        raise Malformed("not_one_answer")
    return holder[0]


def is_ours(element: Element, name: str) -> bool:
    return bool(element.tag == _OURS + name)


def members(element: Element) -> Members:
    """What is there, by name; each at most once. A nil element is an empty one, so both are left out."""
    found: Members = {}
    for child in element:
        name = _name_of(child.tag)
        if name is None:
            continue
        value = child if len(child) else child.text
        if value is not None and value != "":
            if name in found:
                raise Malformed("duplicate_member")
            found[name] = value
    return found


@lru_cache(maxsize=1024)
def _name_of(tag: str) -> str | None:
    """Of an element of the service's; None for those of others."""
    if tag.startswith(_OURS):
        return tag[_CUT:]
    if tag[0] != "{":
        raise Malformed("no_namespace")  # ours, misspelt: to pass over it would make something of nothing
    return None


def listed(holder: Members, name: str, item: str) -> list[Element]:
    """The repeated `item` elements in `name`; none if it is absent. What else is in there is never taken for none."""
    wrapper = holder.get(name)
    if wrapper is None:
        return []
    wanted = _OURS + item
    if isinstance(wrapper, str):
        if wrapper.strip():
            raise Malformed(f"{name}_is_no_list")
        return []
    if (wrapper.text or "").strip() or any(child.tag != wanted for child in wrapper):
        raise Malformed(f"{name}_is_no_list")
    return [child for child in wrapper if len(child) or child.text]


def members_in(holder: Members, name: str) -> Members:
    """What is in the element `name`, which must be there."""
    element = holder.get(name)
    if element is None or isinstance(element, str):
        raise Malformed(f"{name}_is_missing")
    return members(element)


def text(element: Element) -> str:
    if len(element):
        raise Malformed("not_a_text")
    return element.text or ""


def text_or(holder: Members, name: str, otherwise: str = "") -> str:
    return text_of(holder, name) if name in holder else otherwise


def text_of(holder: Members, name: str) -> str:
    found = holder.get(name)
    if isinstance(found, str):
        return found
    raise Malformed(f"{name}_is_missing" if found is None else "not_a_text")


def code_of(holder: Members, name: str) -> str:
    """A code, bare or in a `CodeDesc`."""
    found = holder.get(name)
    if found is None:
        raise Malformed(f"{name}_is_missing")
    return (found if isinstance(found, str) else text_of(members(found), "Code")).strip()


def code_or(holder: Members, name: str, otherwise: str = "") -> str:
    return code_of(holder, name) if name in holder else otherwise


def flag_of(holder: Members, name: str) -> bool:
    spelled = text_of(holder, name)
    flag = _FLAGS.get(spelled)
    if flag is None:
        flag = _FLAGS.get(spelled.strip().lower())
    if flag is None:
        raise Malformed(f"{name}_is_no_flag")
    return flag


def count_of(holder: Members, name: str) -> int:
    spelled = text_of(holder, name)
    if not spelled.isdigit():  # blanks around it, or a plus
        spelled = spelled.strip().removeprefix("+")
    if spelled.isdigit() and spelled.isascii() and len(spelled) <= 30 and (found := int(spelled)) <= BIGGEST_ID:
        return found
    raise Malformed(f"{name}_is_no_count")


def id_of(holder: Members, name: str) -> int:
    found = count_of(holder, name)
    if found == 0:
        raise Malformed(f"{name}_is_no_id")
    return found


def day_from(spelled: str) -> date:
    """A date; a zone behind it changes nothing, since it says which day is meant."""
    if len(spelled) == 10:
        return day(spelled)
    found = _DAY.fullmatch(spelled.strip())
    if found is None:
        raise Malformed("not_a_date")
    return day(found[1])


def day_of(holder: Members, name: str) -> date:
    return day_from(text_of(holder, name))


def day_or_none(holder: Members, name: str) -> date | None:
    spelled = text_or(holder, name)
    return None if spelled.isspace() or not spelled else day_from(spelled)


def slot_of(holder: Members) -> SlotTime:
    """The slot of the `Start` and `End` among `holder`, London wall time whatever zone they came in."""
    return _slot(text_of(holder, "Start"), text_of(holder, "End"))


@lru_cache(maxsize=4096)
def _slot(start: str, end: str) -> SlotTime:
    try:
        return slot_between(_wall_time(start), _wall_time(end))
    except ValueError:
        raise Malformed("not_a_slot") from None


def _wall_time(spelled: str) -> datetime:
    found = _MOMENT.fullmatch(spelled.strip())
    if found is None:
        raise Malformed("not_a_time")
    try:
        if found[2] is None:
            return datetime.fromisoformat(found[1])
        moment = datetime.fromisoformat(found[1] + ("+00:00" if found[2] == "Z" else found[2]))
        return moment.astimezone(UTC).astimezone(_LONDON).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Malformed("not_a_time") from None


def carried(words: str) -> str:
    """The same words without what XML 1.0 can't carry."""
    return _CARRIED.sub("", words)

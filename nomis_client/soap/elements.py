"""XML read strictly: an envelope from bytes, and typed values from elements. Nothing but `Malformed` escapes from here.

Elements are told by name and namespace; their order and prefixes don't matter. One that is missing, empty or
`xsi:nil` is absent. What isn't in the service's namespace is left alone, as are names that nobody asks for.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.etree import _Element

from nomis_client.slot_times import slot_between
from nomis_client.soap.description import NAMESPACE
from nomis_client.types import SlotTime
from nomis_client.values import BIGGEST_ID, Malformed, day

Members = dict[str, _Element]

_OURS = f"{{{NAMESPACE}}}"
_CUT = len(_OURS)
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TRUE = frozenset({"true", "1", "y"})
_FALSE = frozenset({"false", "0", "n"})
_LONDON = ZoneInfo("Europe/London")
_WHOLE = re.compile(r"\+?\d{1,30}", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_CARRIED = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def parsed(body: bytes) -> _Element:
    """The root of a document without DTD. Raises `Malformed`."""
    # Looked for in the bytes, so that no parser ever works on one; in UTF-16 there is a NUL beside each letter.
    if b"<!DOCTYPE" in body.replace(b"\0", b""):
        raise Malformed("dtd")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Malformed("not_xml") from None
    about: Any = root.getroottree().docinfo
    if about.doctype:
        raise Malformed("dtd")
    return root


def only_child(holder: _Element) -> _Element:
    """The one element in this one. Raises `Malformed`."""
    if len(holder) != 1:
        raise Malformed("not_one_answer")
    return holder[0]


def is_ours(element: _Element, name: str) -> bool:
    return bool(element.tag == _OURS + name)


def is_absent(element: _Element) -> bool:
    if element.get(_NIL) in {"true", "1"}:
        return True
    return len(element) == 0 and not element.text


def members(element: _Element) -> Members:
    """Children that are there, by name; each at most once."""
    found: Members = {}
    for child in element:
        tag = child.tag
        if not tag.startswith(_OURS):
            if tag[0] != "{":
                raise Malformed("no_namespace")  # ours, misspelt: to pass over it would make something of nothing
            continue
        if not is_absent(child):
            name = tag[_CUT:]
            if name in found:
                raise Malformed("duplicate_member")
            found[name] = child
    return found


def listed(holder: Members, name: str, item: str) -> list[_Element]:
    """The repeated `item` elements in `name`; none if it is absent. What else is in there is never taken for none."""
    wrapper = holder.get(name)
    if wrapper is None:
        return []
    wanted = _OURS + item
    if (wrapper.text and wrapper.text.strip()) or any(child.tag != wanted for child in wrapper):
        raise Malformed(f"{name}_is_no_list")
    return [child for child in wrapper if not is_absent(child)]


def text(element: _Element) -> str:
    if len(element):
        raise Malformed("not_a_text")
    return element.text or ""


def text_or(holder: Members, name: str, otherwise: str = "") -> str:
    element = holder.get(name)
    return otherwise if element is None else text(element)


def text_of(holder: Members, name: str) -> str:
    element = holder.get(name)
    if element is None:
        raise Malformed(f"{name}_is_missing")
    return text(element)


def code_of(holder: Members, name: str) -> str:
    """A code, bare or in a `CodeDesc`."""
    element = holder.get(name)
    if element is None:
        raise Malformed(f"{name}_is_missing")
    found = text_of(members(element), "Code") if len(element) else text(element)
    return found.strip()


def code_or(holder: Members, name: str, otherwise: str = "") -> str:
    return code_of(holder, name) if name in holder else otherwise


def flag_of(holder: Members, name: str) -> bool:
    spelled = text_of(holder, name).strip().lower()
    if spelled in _TRUE:
        return True
    if spelled in _FALSE:
        return False
    raise Malformed(f"{name}_is_no_flag")


def count_of(holder: Members, name: str) -> int:
    spelled = text_of(holder, name).strip()
    if not _WHOLE.fullmatch(spelled) or int(spelled) > BIGGEST_ID:
        raise Malformed(f"{name}_is_no_count")
    return int(spelled)


def id_of(holder: Members, name: str) -> int:
    found = count_of(holder, name)
    if found == 0:
        raise Malformed(f"{name}_is_no_id")
    return found


def day_in(element: _Element) -> date:
    """A date; a zone behind it changes nothing, since it says which day is meant."""
    spelled = _DAY.fullmatch(text(element).strip())
    if spelled is None:
        raise Malformed("not_a_date")
    return day(spelled[1])


def day_of(holder: Members, name: str) -> date:
    element = holder.get(name)
    if element is None:
        raise Malformed(f"{name}_is_missing")
    return day_in(element)


def day_or_none(holder: Members, name: str) -> date | None:
    element = holder.get(name)
    return None if element is None or is_blank(element) else day_in(element)


def is_blank(element: _Element) -> bool:
    return not len(element) and not (element.text or "").strip()


def slot_of(holder: Members) -> SlotTime:
    """The slot of the `Start` and `End` among `holder`, London wall time whatever zone they came in."""
    try:
        return slot_between(_wall_time(text_of(holder, "Start")), _wall_time(text_of(holder, "End")))
    except ValueError:
        raise Malformed("not_a_slot") from None


def slot_in(holder: Members, name: str) -> SlotTime:
    element = holder.get(name)
    if element is None:
        raise Malformed(f"{name}_is_missing")
    return slot_of(members(element))


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

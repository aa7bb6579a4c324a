"""Values as elements, spelled as the installation and its oddities have it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.etree import _Element

from nomis_client.fake.soap_envelopes import NS
from nomis_client.fake.soap_oddities import Oddities

_LONDON = ZoneInfo("Europe/London")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ELSEWHERE = "urn:example:elsewhere"
_AWAY = timezone(timedelta(hours=5, minutes=30))


@dataclass(frozen=True, slots=True)
class Many:
    """A repeated element; by itself it may be left out when there are none."""

    item: str
    values: Sequence[Value]


Leaf = str | int | date | None
Value = Leaf | Many | Mapping[str, "Value"]
"""A `datetime` is London wall time. None is absent."""


@dataclass(frozen=True, slots=True)
class Speller:
    odd: Oddities
    wrong_types: bool = False

    def element(self, name: str, members: Mapping[str, Value]) -> _Element:
        """An element in the service's namespace with these children."""
        prefix = None if "unprefixed" in self.odd else "ns7" if "shuffled" in self.odd else "v"
        spaces: Any = {prefix: NS, "xsi": _XSI}  # no prefix is a default namespace
        made = etree.Element(f"{{{NS}}}{name}", nsmap=spaces)
        self._fill(made, members)
        return made

    def _fill(self, holder: _Element, members: Mapping[str, Value]) -> None:
        named = list(members.items())
        if "shuffled" in self.odd:
            random.Random(len(named)).shuffle(named)  # noqa: S311 - any other order will do, the same each time
        for name, value in named:
            self._add(holder, name, value)
        if "padded" in self.odd:
            etree.SubElement(holder, f"{{{_ELSEWHERE}}}Extra").text = "1"
            holder.append(etree.Comment(" "))

    def _add(self, holder: _Element, name: str, value: Value) -> None:
        if value is None or (isinstance(value, Many) and not value.values):
            self._add_absent(holder, name)
            return
        made = etree.SubElement(holder, f"{{{NS}}}{name}")
        match value:
            case Many() if self.wrong_types:
                made.text = "some"
            case Many():
                for one in value.values:
                    self._add(made, value.item, one)
            case Mapping():
                self._fill(made, value)
            case _:
                text = self._text(value)
                made.text = f"\n  {text} " if "padded" in self.odd and not isinstance(value, str) else text

    def _add_absent(self, holder: _Element, name: str) -> None:
        if "nil" in self.odd:
            etree.SubElement(holder, f"{{{NS}}}{name}").set(f"{{{_XSI}}}nil", "true")
        elif "empty" in self.odd:
            etree.SubElement(holder, f"{{{NS}}}{name}")

    def _text(self, value: str | int | date) -> str:
        match value:
            case str():
                return value
            case bool() | int() if self.wrong_types:
                return f"about {value}"
            case bool():
                return self._flag(value)
            case datetime():
                return self._time(value)
            case date():
                return value.isoformat()
            case _:
                return str(value)

    def _flag(self, value: bool) -> str:
        yes, no = ("1", "0") if "digits" in self.odd else ("Y", "N") if "letters" in self.odd else ("true", "false")
        return yes if value else no

    def _time(self, value: datetime) -> str:
        fraction = ".000" if "fraction" in self.odd else ""
        if "zulu" in self.odd:
            return value.replace(tzinfo=_LONDON).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
        if "offset" in self.odd:
            away = value.replace(tzinfo=_LONDON).astimezone(_AWAY)
            return away.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "+05:30"
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction

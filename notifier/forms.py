"""Messages as forms: printed once with blanks, then filled in for each visit.

A template does two things with a value: it prints it, or asks whether there is one (of several: how many). So messages
with texts in the same places of their views differ in these texts alone. The first is printed by its template, with a
blank for each text; all others are that form filled in, at a twentieth of the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from markupsafe import escape

from notifier.content import Language
from notifier.kinds import MessageKind
from notifier.templates import Rendered, render
from notifier.view import StaffView, VisitorView

_BEGIN, _END = "\ue000", "\ue001"
"""Around the number of a blank: for private use, in no template."""
_FOR_FORMAT: Final = str.maketrans({"{": "{{", "}": "}}", _BEGIN: "{", _END: "}"})
_KEPT: Final = 512
"""Forms kept, some 12 kB each: more than there are combinations of visitors, choices and what a prison leaves out."""


def fill(kind: MessageKind, language: Language, view: VisitorView | StaffView, *, for_notify: bool = True) -> Rendered:
    """What `render` makes of `view`, to the letter."""
    texts: list[str] = []
    form = _form(kind, language, _blanks(view, texts), for_notify)
    return Rendered(
        subject=form.subject.format(*texts),
        text=form.text.format(*texts),
        html=form.html.format(*map(escape, texts)),
        notify=form.notify.format(*texts),
    )


@lru_cache(maxsize=_KEPT)
def _form(kind: MessageKind, language: Language, blanks: tuple[object, ...], for_notify: bool) -> Rendered:
    """Each form of the message with `{number}` where a text goes."""
    printed = render(kind, language, {"v": blanks}, for_notify=for_notify)
    return Rendered(
        subject=printed.subject.translate(_FOR_FORMAT),
        text=printed.text.translate(_FOR_FORMAT),
        html=printed.html.translate(_FOR_FORMAT),
        notify=printed.notify.translate(_FOR_FORMAT),
    )


def _blanks(values: tuple[object, ...], texts: list[str]) -> tuple[object, ...]:
    """`values` with a blank for each text; the texts are added to `texts`. Where there is none, there is no blank."""
    blanks: list[object] = []
    for value in values:
        if isinstance(value, str) and value:
            blanks.append(f"{_BEGIN}{len(texts)}{_END}")
            texts.append(value)
        elif isinstance(value, tuple) and value:
            blanks.append(_blanks(value, texts))
        else:
            blanks.append(value)
    make: Callable[[list[object]], tuple[object, ...]] = getattr(values, "_make", tuple)  # a named tuple stays one
    return make(blanks)

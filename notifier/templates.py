"""The templates: one per message and language, rendered with three sets of pieces (HTML, plain text, Notify).

A message is written once per language; what differs between its forms is in `ui.*.j2` alone, so that text and HTML
can't drift apart. Templates print values, or ask whether there are any, and nothing else: see `notifier.forms`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.content import Language
from notifier.kinds import MessageKind

Form = Literal["html", "text", "notify"]


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str
    notify: str


def render(kind: MessageKind, language: Language, values: Mapping[str, object], *, for_notify: bool = True) -> Rendered:
    """All forms of one message; that for Notify where it is asked for and there is one.

    Raises `jinja2.TemplateNotFound` for a language it isn't written in.
    """
    name = f"{language}/{kind.value}.j2"
    template = _environment("text").get_template(name)
    return Rendered(
        subject=_block(template, "subject", template.new_context(dict(values))),
        text=_whole("text", name, language, values),
        html=_whole("html", name, language, values),
        notify=_whole("notify", name, language, values) if for_notify and kind.value.startswith("visitor_") else "",
    )


def _whole(form: Form, name: str, language: Language, values: Mapping[str, object]) -> str:
    template = _environment(form).get_template(name)
    done = Markup if form == "html" else str  # what a block rendered is escaped already
    context = template.new_context(dict(values))
    text = template.render(
        **values,
        layout=f"layout.{form}.j2",
        language=language,
        subject=done(_block(template, "subject", context)),
        heading=done(_block(template, "heading", context)),
    )
    return _tidy(text)


def _block(template: Template, block: str, context: Context) -> str:
    return _one_line(template.environment.concat(template.blocks[block](context)))


@cache
def _environment(form: Form) -> Environment:
    # StrictUndefined: a message with a hole in it must never leave.
    environment = Environment(
        loader=PackageLoader("notifier"),
        autoescape=form == "html",  # noqa: S701  the other forms have no marks to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["oneline"] = _one_line
    environment.globals["ui"] = environment.get_template(f"ui.{form}.j2").module
    return environment


def _one_line(text: str) -> str:
    """Blanks and line breaks of the template's own layout become single blanks; escaped text stays escaped."""
    joined = " ".join(text.split())
    return Markup(joined) if isinstance(text, Markup) else joined  # noqa: S704  already escaped


def _tidy(text: str) -> str:
    """No blanks at line ends, no more than one empty line at a time, one line break at the end."""
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

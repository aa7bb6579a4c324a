"""docs/log-events.md, made from the declarations."""

from __future__ import annotations

from adapter.log.events import EVENTS
from adapter.log.fields import CONTEXT, FIELDS

_HEAD = """# Log events

Made from `adapter/log/events.py` and `adapter/log/fields.py` by `python docs/generate.py`; not to be edited by hand.

One line per event on standard error: `at` (UTC), `level`, `event`, and the fields below. No line holds a name, a date
of birth, an email address, a phone number, a prisoner number, the text of a message, of a reply or of an error. Fields
that are not declared, and values that don't look as their field says, come out as `***`. `warning` means that something
is being dealt with, `error` that a person should look.

"""


def page() -> str:
    """The whole page, in Markdown."""
    lines = [_HEAD + "| event | level | means | fields |", "|---|---|---|---|"]
    for name, event in EVENTS.items():
        fields = ", ".join(f"`{field}`" for field in sorted(event.fields))
        lines.append(f"| `{name}` | {event.level} | {event.meaning} | {fields} |")
    context = ", ".join(f"`{name}`" for name in sorted(CONTEXT))
    lines += ["", "## Fields", "", f"Any line may carry {context}.", "", "| field | is | means |", "|---|---|---|"]
    lines += [f"| `{name}` | {field.kind} | {field.meaning} |" for name, field in sorted(FIELDS.items())]
    return "\n".join(lines) + "\n"

"""What visitors say about the site."""

from __future__ import annotations

from pydantic import ValidationError

from adapter.booking.views import Feedback
from adapter.http import schemas
from adapter.http.context import Call, Context
from adapter.http.schemas import FeedbackTextIn
from adapter.web.failure import Failure, Fault

MAX_BODY = 10_000
"""Characters."""


async def send_feedback(context: Context, call: Call) -> schemas.EmptyReply:
    call.need_body("feedback")
    await context.bookings.send_feedback(_read(call.body["feedback"]))
    return {}


def _read(value: object) -> Feedback:
    if not isinstance(value, dict):
        raise _invalid("/feedback", "must be an object")
    if value.get("body") is None or (isinstance(value["body"], str) and not value["body"].strip()):
        raise Failure(422, "Body is required", (Fault("/feedback/body", "is required"),))
    try:
        sent = FeedbackTextIn.model_validate(value)
    except ValidationError as error:
        key = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"][0]
        raise _invalid(f"/feedback/{key}", f"{key} must be a string") from None
    if len(sent.body) > MAX_BODY:
        raise _invalid("/feedback/body", f"body must have at most {MAX_BODY} characters")
    texts = {name: text or "" for name, text in sent.model_dump().items()}
    for name, text in texts.items():
        if "\0" in text:
            raise _invalid(f"/feedback/{name}", f"{name} must be text")  # no mail and no database takes a NUL
    return Feedback(**texts)


def _invalid(pointer: str, detail: str) -> Failure:
    return Failure(422, f"Invalid parameter: feedback ({detail})", (Fault(pointer, detail),))

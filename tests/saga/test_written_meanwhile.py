"""The confirmation is written while the prison system books; what leaves is what would have been written afterwards."""

from __future__ import annotations

import pytest

from tests.support.site import a_body, running_site, wednesdays

FULL = {"error": {"message": "Visit slot is at or over capacity"}}


@pytest.mark.parametrize("refused", [False, True])
async def test_what_leaves_is_true(database: str, refused: bool) -> None:
    """A refusal throws the draft away: the message is about the choice that was booked, once."""
    first, second = wednesdays(2)
    async with running_site(database) as site:
        if refused:
            site.arm("answer", operation="book", count=1, status=400, body=FULL)
        answer = await site.post(a_body([first, second]))
        granted = answer["visit"]["slot_granted"]
        (mail,) = await site.mailed(answer["visit"]["id"], 1)
        (row,) = await site.outbox(answer["visit"]["id"])
        assert (row.sequence, row.kind) == (1, "visitor_booked")
        assert row.created_at <= (await site.stored(answer["visit"]["id"])).updated_at
        part = mail.get_body(("plain",))
        assert part is not None
        assert granted == (second if refused else first)
        day = int(granted[8:10])
        assert f" {day} " in part.get_content()

"""The fake logs nothing: neither people nor anything else, whatever strikes."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest

from nomis_client.fake.faults import FaultKind
from tests.support.fake_nomis import CHILD, LEAD, NUMBER, OFFENDER, a_contact, a_prisoner, a_site, an_order

PLANTED = ("ZEBEDEE", "QUIMBY", NUMBER, str(OFFENDER), "1971-12-26")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in {FaultKind.HANG, FaultKind.RESTART}])
async def test_nothing_is_logged(kind: FaultKind, when: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    contacts = (a_contact(LEAD, given_name="ZEBEDEE", surname="QUIMBY"), a_contact(CHILD))
    async with a_site(a_prisoner(contacts=contacts)) as site:
        await site.arm(kind.value, when=when, text="nil" if kind is FaultKind.SOAP else "")
        for reference in ("ref-1", "ref-1"):
            try:
                async with asyncio.timeout(20):
                    await site.book(an_order(reference=reference))
                    await site.get(f"/offenders/{OFFENDER}/visits/contact_list")
                    await site.get(f"/offenders/{OFFENDER}/visits?client_unique_ref=ref-1")
            except (aiohttp.ClientError, ValueError):
                pass
        await site.control("DELETE", "/faults")
    told = [record for record in caplog.records if record.name != "asyncio"]
    assert [record.getMessage() for record in told] == []
    assert not any(word in caplog.text for word in PLANTED)

"""A request is booked, refused or handed over while the visitor waits: on both databases, over real sockets."""

from __future__ import annotations

import asyncio

from tests.support.site import FULL_AT_LEEDS, Site, a_body, running_site, wednesdays


async def test_the_first_choice_is_booked_and_confirmed_once(database: str) -> None:
    async with running_site(database) as site:
        answer = await site.post(a_body())
        visit = answer["visit"]
        assert (visit["processing_state"], visit["slot_granted"]) == ("booked", wednesdays()[0])
        (held,) = site.in_nomis(visit["id"])
        assert held.reference == f"{visit['id']}-1"
        (mail,) = await site.mailed(visit["id"], 1)
        assert (mail["X-Message-Kind"], mail["To"]) == ("visitor_booked", "nora@example.com")
        steps = [(row.event, row.to_step) for row in await site.history(visit["id"])]
        assert steps == [("arrive", "received"), ("start", "checking"), ("post", "booking"), ("found", "booked")]


async def test_a_full_first_choice_gives_the_second(database: str) -> None:
    async with running_site(database) as site:
        answer = await site.post(a_body([FULL_AT_LEEDS, wednesdays()[0]]))
        assert answer["visit"]["slot_granted"] == wednesdays()[0]
        assert [choice["result"] for choice in answer["outcome"]["choices"]] == ["not_offered", "booked"]


async def test_the_same_request_again_is_the_same_visit(database: str) -> None:
    async with running_site(database) as site:
        first = await site.post(a_body(), "again-1")
        second = await site.post(a_body(), "again-1")
        assert first["visit"]["id"] == second["visit"]["id"]
        assert len(list(site.fake.state.world.visits.values())) == 1


async def test_fifty_equal_requests_at_once_are_one_visit(database: str) -> None:
    async with running_site(database) as site:
        answers = await asyncio.gather(*(site.post(a_body(), "storm") for _ in range(50)))
        assert len({answer["visit"]["id"] for answer in answers}) == 1
        assert {answer["visit"]["processing_state"] for answer in answers} == {"booked"}
        assert len(list(site.fake.state.world.visits.values())) == 1


async def test_an_unknown_prisoner_is_rejected_after_a_second_look(database: str) -> None:
    async with running_site(database) as site:
        body = a_body()
        body["prisoner"]["date_of_birth"] = "1981-10-05"
        answer = await site.post(body)
        assert answer["visit"]["processing_state"] == "rejected"
        assert answer["outcome"]["reasons"] == ["prisoner_details_incorrect"]
        (mail,) = await site.mailed(answer["visit"]["id"], 1)
        assert mail["X-Message-Kind"] == "visitor_rejected"
        assert "Other dates" not in mail.as_string(), "the dates were not what was wrong"


async def test_who_finds_no_room_is_told_of_other_dates(sqlite_database: str) -> None:
    async with running_site(sqlite_database) as site:
        answer = await site.post(a_body([FULL_AT_LEEDS]))
        assert answer["outcome"]["reasons"] == ["slot_unavailable"]
        (mail,) = await site.mailed(answer["visit"]["id"], 1)
        assert "Other dates to try" in mail.as_string()


async def test_a_visitor_who_is_not_on_the_list_is_a_persons_decision(database: str) -> None:
    async with running_site(database) as site:
        body = a_body()
        body["visitors"][0]["last_name"] = "Somebody"
        answer = await site.post(body)
        assert (answer["visit"]["processing_state"], answer["outcome"]["decision"]) == ("requested", "with_staff")
        mails = await site.mailed(answer["visit"]["id"], 2)
        assert sorted(mail["X-Message-Kind"] for mail in mails) == ["staff_request", "visitor_requested"]
        assert site.in_nomis(answer["visit"]["id"]) == []


async def test_the_answer_lost_is_looked_up_and_booked(database: str) -> None:
    async with running_site(database) as site:
        site.arm("drop", operation="book", when="after")
        answer = await site.post(a_body())
        visit = await site.until(answer["visit"]["id"])
        (held,) = site.in_nomis(visit.id)
        assert (visit.step, visit.nomis_visit_id) == ("booked", held.id)
        (mail,) = await site.mailed(visit.id, 1)
        assert mail["X-Message-Kind"] == "visitor_booked"


async def test_away_then_back_is_booked_without_a_word_to_staff(database: str) -> None:
    async with running_site(database) as site:
        site.arm("outage")
        answer = await site.post(a_body())
        assert answer["visit"]["processing_state"] == "requested"
        await asyncio.sleep(0.2)
        site.heal()
        visit = await site.until(answer["visit"]["id"])
        assert visit.step == "booked"
        await site.mailed(visit.id, 1)


async def test_away_and_no_time_to_wait_goes_to_staff(database: str) -> None:
    async with running_site(database, config={"ADAPTER__DECISION__HANDOVER_AFTER": "0"}) as site:
        site.arm("outage")
        answer = await site.post(a_body())
        assert (answer["visit"]["processing_state"], answer["outcome"]["decision"]) == ("requested", "with_staff")
        await site.mailed(answer["visit"]["id"], 2)


async def test_a_booked_visit_is_cancelled_there_too(database: str) -> None:
    async with running_site(database) as site:
        answer = await site.post(a_body())
        await site.mailed(answer["visit"]["id"], 1)  # unsent, it would be superseded
        cancelled = await site.delete(answer["visit"]["id"])
        assert cancelled["visit"]["processing_state"] == "cancelled"
        assert cancelled["visit"]["cancellation_reasons"] == ["visitor_cancelled"]
        await site.until(answer["visit"]["id"], "cancelled")
        assert site.in_nomis(answer["visit"]["id"]) == []
        again = await site.delete(answer["visit"]["id"])
        assert again["visit"] == cancelled["visit"] | {"updated_at": again["visit"]["updated_at"]}
        kinds = [mail["X-Message-Kind"] for mail in await site.mailed(answer["visit"]["id"], 2)]
        assert kinds == ["visitor_booked", "visitor_cancelled"]


async def test_withdrawn_while_the_booking_is_under_way_leaves_nothing_there(database: str) -> None:
    async with running_site(database) as site:
        site.arm("delay", operation="book", when="after", seconds=0.5)
        posting = asyncio.create_task(site.post(a_body(), "withdrawn"))
        async with asyncio.timeout(5):
            while not (open_ones := list(site.fake.state.world.visits.values())):
                await asyncio.sleep(0.01)
        visit_id = str(open_ones[0].reference).rpartition("-")[0]
        gone = await site.delete(visit_id)
        assert gone["visit"]["processing_state"] == "withdrawn"
        assert (await posting)["visit"]["processing_state"] == "withdrawn"
        await site.until(visit_id, "withdrawn")
        assert site.in_nomis(visit_id) == []
        (mail,) = await site.mailed(visit_id, 1)
        assert mail["X-Message-Kind"] == "visitor_withdrawn"


async def test_while_it_is_known_to_be_away_one_commit_says_so(database: str) -> None:
    async with running_site(database, worker=False, config={"ADAPTER__NOMIS__BREAKER__FAILURES": "1"}) as site:

        def asked() -> int:
            return sum(entry.operation == "find_offender" for entry in site.fake.engine.log.entries())

        site.arm("outage")
        first = await site.post(a_body(), "the one that finds out")
        assert not site.service.desk.nomis.is_open("LEI")
        before = asked()
        second = await site.post(a_body(contact_email_address="second@example.com"), "the one after")
        assert asked() == before
        assert [answer["visit"]["processing_state"] for answer in (first, second)] == ["requested"] * 2
        visit = await site.stored(second["visit"]["id"])
        assert (visit.step, visit.version, visit.ever_waited, visit.lease_holder) == ("waiting", 2, True, None)
        assert visit.due_at is not None
        happened = [(row.event, row.from_step, row.to_step) for row in await site.history(visit.id)]
        assert happened == [("arrive", None, "received"), ("away", "received", "waiting")]
        again = await site.post(a_body(contact_email_address="second@example.com"), "the one after")
        assert again["visit"]["id"] == visit.id
        site.heal()
        async with asyncio.TaskGroup() as group:
            group.create_task(site.service.worker.run(site.stop))
            await site.until(first["visit"]["id"], "booked")
            await site.until(visit.id)
            site.stop.set()


async def validate(site: Site) -> None:
    asked = a_body()["prisoner"]
    body = {"number": asked["number"], "date_of_birth": asked["date_of_birth"]}
    async with site.http.post(f"{site.url}/api/validations/prisoner", json=body) as reply:
        assert (await reply.json())["validation"]["valid"] is True


async def test_who_was_validated_a_moment_ago_has_the_turn_with_the_commit_that_stores_the_request(
    database: str,
) -> None:
    async with running_site(database) as site:
        await validate(site)
        answer = await site.post(a_body())
        assert answer["visit"]["processing_state"] == "booked"
        history = await site.history(answer["visit"]["id"])
        assert [row.event for row in history] == ["arrive", "start", "post", "found"]
        assert history[0].at == history[1].at < history[2].at


async def test_two_for_one_prisoner_take_turns_though_both_know_who_it_is(database: str) -> None:
    async with running_site(database) as site:
        await validate(site)
        site.arm("delay", operation="book", seconds=0.2, count=1)
        first, second = await asyncio.gather(
            site.post(a_body([wednesdays()[0]]), "one"),
            site.post(a_body([wednesdays()[1]], contact_email_address="second@example.com"), "two"),
        )
        for answer in (first, second):
            await site.until(answer["visit"]["id"], "booked")
        spans = []
        for answer in (first, second):
            moments = {row.event: row.at for row in await site.history(answer["visit"]["id"])}
            spans.append((moments["start"], moments["found"]))
        (_, earlier_ends), (later_begins, _) = sorted(spans)
        assert earlier_ends <= later_begins

"""What a log line looks like, and what never gets into one."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from adapter.config.operation import LogSettings
from adapter.log import bound, events, get_logger, setup
from adapter.log.fields import FIELDS, MASK, Kind, safe

VISIT = "1b9e1a0e-5a0c-4c52-9d0a-3f6f0d7f8a11"
PERSONAL = ["Ada Lovelace", "ada@example.com", "A1234BC", "a1234bc", "1815-12-10", "+441632960001", "07700900123"]

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> Lines:
    out = io.StringIO()
    setup(LogSettings(level="debug"), out)
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_object_with_its_time_level_and_fields(lines: Lines) -> None:
    get_logger().info(events.BOOKING_POSTED, reference=f"{VISIT}-1", choice=1, tries=1)
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "booking.posted",
        "level": "info",
        "reference": f"{VISIT}-1",
        "choice": 1,
        "tries": 1,
    }


def test_what_a_line_says_itself_counts_before_what_is_bound(lines: Lines) -> None:
    with bound(request_id="abc", visit=VISIT):
        get_logger().info(events.VISIT_REQUESTED, visit="another", count=1)
    (line,) = lines()
    assert list(line) == ["visit", "count", "event", "request_id", "level", "at"]
    assert line["visit"] == "another"


def test_what_is_bound_stands_on_every_line_of_the_block_and_on_none_after_it(lines: Lines) -> None:
    with bound(request_id="abc", visit=VISIT):
        with bound(prison="LEI"):
            get_logger().info(events.VISIT_REQUESTED, count=1)
        get_logger().info(events.VISIT_REQUESTED, count=2)
    get_logger().info(events.VISIT_REQUESTED, count=3)
    inner, outer, after = lines()
    assert (inner["request_id"], inner["visit"], inner["prison"]) == ("abc", VISIT, "LEI")
    assert outer["visit"] == VISIT
    assert "prison" not in outer
    assert "visit" not in after


def test_fields_that_are_not_declared_are_masked(lines: Lines) -> None:
    get_logger().info(events.VISIT_REQUESTED, count=1, surname="Lovelace")
    (line,) = lines()
    assert line["surname"] == MASK
    assert line["count"] == 1


def test_events_that_are_not_declared_are_masked(lines: Lines) -> None:
    get_logger().info("Ada Lovelace wants to visit A1234BC", count=1)
    (line,) = lines()
    assert line["event"] == MASK
    assert line["count"] == MASK


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind is not Kind.WORDS])
def test_personal_data_gets_into_no_field(name: str, value: str) -> None:
    assert safe(name, value) == MASK
    assert safe(name, [value]) in ([MASK], MASK)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("visit", VISIT),
        ("visit", "12345678-1234-1234-1234-123456789012"),
        ("reference", f"{VISIT}-2"),
        ("reference", f"{VISIT}-s1"),
        ("route", "/api/visits/{id}"),
        ("error", "TimeoutError"),
        ("error", ["Unavailable", "ConnectionResetError"]),
        ("frames", ["rest.calls:12", "asyncio.runners:190"]),
        ("url", "http://127.0.0.1:8080"),
        ("url", "http://[::1]:8080"),
        ("status", 200),
        ("duration_ms", 1.5),
        ("reason", None),
        ("prison", "LEI"),
        ("complaints", ["config.toml: [prisons.LEI] unbookable: 2026-12-25 is there twice"]),
    ],
)
def test_values_of_our_own_pass(name: str, value: object) -> None:
    assert safe(name, value) == value


@pytest.mark.parametrize("value", [True, "12", VISIT, None.__class__, object(), b"1"])
def test_a_number_is_a_number(value: object) -> None:
    assert safe("count", value) == MASK


def test_an_error_is_logged_without_its_words(lines: Lines) -> None:
    try:
        try:
            raise ValueError("A1234BC was born 1815-12-10")
        except ValueError as cause:
            raise RuntimeError("Ada Lovelace") from cause
    except RuntimeError:
        get_logger().error(events.WORK_FAILED, kind="visit", exc_info=True)
    (line,) = lines()
    assert line["error"] == ["RuntimeError", "ValueError"]
    assert line["frames"][-1].startswith("log.test_lines:")
    assert "Ada" not in json.dumps(line)
    assert "A1234BC" not in json.dumps(line)


def test_of_a_group_of_errors_every_class_is_named(lines: Lines) -> None:
    error = ExceptionGroup("two", [ValueError("Ada"), TimeoutError("Lovelace")])
    get_logger().error(events.WORKER_FAILED, kind="mailer", exc_info=error)
    assert lines()[0]["error"] == ["ExceptionGroup", "ValueError", "TimeoutError"]


def test_what_a_library_says_is_told_without_its_words(lines: Lines) -> None:
    try:
        raise OSError("ada@example.com")
    except OSError:
        logging.getLogger("somelibrary.mail").exception("could not send to %s", "ada@example.com")
    (line,) = lines()
    assert line["event"] == "library.logged"
    assert line["level"] == "error"
    assert line["library"] == "somelibrary.mail"
    assert line["place"].startswith("log.test_lines:")
    assert line["error"] == ["OSError"]
    assert "ada" not in json.dumps(line)


@pytest.mark.parametrize(
    "library",
    ["zeep.transports", "zeep.xsd", "aiohttp.access", "sqlalchemy.engine.Engine", "aiosmtplib", "mail.log", "asyncio"],
)
def test_libraries_that_log_what_they_carry_are_silent_below_a_warning(library: str, lines: Lines) -> None:
    logging.getLogger(library).debug("<Surname>Lovelace</Surname>")
    logging.getLogger(library).info("<Surname>Lovelace</Surname>")
    assert lines() == []


def test_the_access_log_of_the_server_is_silent_always(lines: Lines) -> None:
    logging.getLogger("aiohttp.access").error("GET /api/slots?prisoner_number=A1234BC")
    assert lines() == []


def test_warnings_are_told_without_their_words(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("A1234BC", UserWarning, stacklevel=1)
    assert [(line["event"], line["library"]) for line in lines()] == [("library.logged", "py.warnings")]
    assert "A1234BC" not in json.dumps(lines())


def test_setting_up_again_logs_each_line_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    setup(LogSettings(), first)
    setup(LogSettings(), second)
    logging.getLogger("somelibrary").warning("once")
    get_logger().info(events.VISIT_REQUESTED, count=1)
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 2


def test_a_logger_that_was_used_follows_a_later_setting_up() -> None:
    log, first, second = get_logger(), io.StringIO(), io.StringIO()
    setup(LogSettings(), first)
    log.info(events.VISIT_REQUESTED, count=1)
    setup(LogSettings(level="warning"), second)
    log.info(events.VISIT_REQUESTED, count=2)
    log.warning(events.LEASE_LOST, step="checking")
    assert [json.loads(line)["count"] for line in first.getvalue().splitlines()] == [1]
    assert [json.loads(line)["event"] for line in second.getvalue().splitlines()] == ["lease.lost"]


def test_less_than_the_level_is_not_written() -> None:
    out = io.StringIO()
    setup(LogSettings(level="warning"), out)
    get_logger().info(events.VISIT_REQUESTED, count=1)
    get_logger().warning(events.LEASE_LOST, step="checking")
    assert len(out.getvalue().splitlines()) == 1


def test_the_console_format_is_for_people() -> None:
    out = io.StringIO()
    setup(LogSettings(format="console"), out)
    get_logger().info(events.VISIT_REQUESTED, count=3, surname="Lovelace")
    assert "visit.requested" in out.getvalue()
    assert "count=3" in out.getvalue()
    assert "Lovelace" not in out.getvalue()


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        ("visit.dreamt", {}, "does not declare"),
        (events.VISIT_REQUESTED, {"surname": "Lovelace"}, "surname"),
        (events.VISIT_REQUESTED, {"count": "Lovelace"}, "count does not look like a number"),
    ],
)
def test_in_tests_what_would_be_masked_is_an_error(event: str, fields: dict[str, object], words: str) -> None:
    setup(LogSettings(), io.StringIO(), strict=True)
    with pytest.raises(ValueError, match=words) as refused:
        get_logger().info(event, **fields)
    assert "Lovelace" not in str(refused.value)


def test_in_tests_what_is_declared_passes() -> None:
    out = io.StringIO()
    setup(LogSettings(), out, strict=True)
    get_logger().error(
        events.REQUEST_CRASHED, error="ValueError", frames=("web.front:12",), method="GET", route="/api/x"
    )
    assert len(out.getvalue().splitlines()) == 1

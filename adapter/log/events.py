"""Everything that is logged: one constant per event, `noun.past_verb`, with the fields that it may have.

The table in docs/log-events.md is made from here. To add an event, declare it; a new field goes into `fields.py` first.
The other packages can't import this one: they write the name of a declared event out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from adapter.log.fields import CONTEXT, FIELDS

Level = Literal["debug", "info", "warning", "error"]


class Declared(NamedTuple):
    """One event. `warning`: something is being dealt with; `error`: a person should look."""

    level: Level
    fields: frozenset[str]
    meaning: str


_declared: dict[str, Declared] = {}
EVENTS: Mapping[str, Declared] = MappingProxyType(_declared)
"""Every declared event by name, in the order of this file."""


def declare(name: str, level: Level, fields: str, meaning: str) -> str:
    """Make `name` an event that may be logged with `fields` (names with blanks between) and return it."""
    names = frozenset(fields.split())
    assert name not in _declared, name
    assert names <= FIELDS.keys() - CONTEXT, (name, names - FIELDS.keys())
    _declared[name] = Declared(level, names, meaning)
    return name


# The process
SERVICE_STARTED = declare(
    "service.started", "info", "version store transport count", "The API answers; `count` prisons are known."
)
SERVICE_STOPPED = declare(
    "service.stopped", "info", "duration_ms", "Everything is put away; `duration_ms` is how long stopping took."
)
WORKER_STARTED = declare("worker.started", "info", "version workers", "Background work begins.")
WORKER_STOPPED = declare(
    "worker.stopped", "info", "count", "It ended; `count` visits are still under way and end within the grace."
)
WORKER_FAILED = declare("worker.failed", "error", "kind error frames", "A background loop failed; it is started again.")
WORK_LEFT = declare(
    "work.left", "warning", "kind reason", "The database can't be reached; what was under way is taken up again later."
)
WORK_FAILED = declare("work.failed", "error", "kind error frames", "Work on one visit failed by our own fault.")
SCHEMA_MIGRATED = declare("schema.migrated", "info", "schema duration_ms", "The database has this schema now.")
PRISONS_REPLACED = declare("prisons.replaced", "info", "count", "SIGHUP: the prisons were read again.")
PRISONS_REFUSED = declare("prisons.refused", "error", "complaints", "SIGHUP: bad configuration; nothing was changed.")
TOKENS_REPLACED = declare("tokens.replaced", "info", "count", "SIGHUP: the tokens file was read again.")
TOKENS_REFUSED = declare("tokens.refused", "error", "complaints", "SIGHUP: a bad tokens file; nothing was changed.")
STORE_LOST = declare("store.lost", "error", "reason", "The database can't be reached; requests get a 503.")
STORE_FOUND = declare("store.found", "info", "duration_ms", "It can be reached again after `duration_ms`.")
LIBRARY_LOGGED = declare(
    "library.logged",
    "warning",
    "library place error frames",
    "A library logged something; its words may hold anything.",
)

# Requests to us
REQUEST_ANSWERED = declare(
    "request.answered", "info", "face method route status duration_ms credential", "One line for each HTTP request."
)
REQUEST_CRASHED = declare(
    "request.crashed", "error", "method route error frames", "Our own fault: the caller got a 500."
)
REQUEST_GARBLED = declare(
    "request.garbled", "info", "status error", "What arrived is not HTTP, or its head is too big."
)
SERVER_STARTED = declare("server.started", "info", "face url", "A listener accepts connections.")
SERVER_STOPPED = declare("server.stopped", "info", "face", "A listener has closed.")
LOGIN_REFUSED = declare("login.refused", "warning", "route reason", "No valid credential, or not the right role.")
LOGIN_KEYS_UNAVAILABLE = declare(
    "login_keys.not_fetched", "warning", "error", "The identity provider's keys can't be fetched; those we have go on."
)
STAFF_ACTED = declare("staff.acted", "info", "action outcome", "A person answered a request on the staff pages.")

# The life of a visit
VISIT_REQUESTED = declare("visit.requested", "info", "count", "Stored for the first time, with `count` choices.")
REQUEST_CAPPED = declare(
    "request.capped",
    "warning",
    "reason",
    "A new request got a 429: too many are open for its prisoner, or too many emails went to its address.",
)
VISIT_DECIDED = declare(
    "visit.decided",
    "info",
    "decision mode duration_ms",
    "What the request was answered; `duration_ms` from arrival to the decision.",
)
STEP_TAKEN = declare(
    "step.taken",
    "info",
    "step happened to reason acting_for duration_ms",
    "The visit moved, `duration_ms` after it was claimed.",
)
STEP_OVERTAKEN = declare("step.overtaken", "info", "step", "Somebody else moved the visit first; it is read again.")
LEASE_LOST = declare("lease.lost", "warning", "step", "Too much of the lease had passed; nothing was sent.")
VISIT_STUCK = declare("visit.stuck", "error", "step tries", "Claimed too often without getting further.")
BOOKING_POSTED = declare("booking.posted", "info", "reference choice tries", "A booking was sent to the prison system.")
BOOKING_ANSWERED = declare(
    "booking.answered", "info", "reference outcome reason duration_ms", "It was answered, or was not."
)
ATTEMPT_SETTLED = declare("attempt.settled", "info", "reference state", "What became of a reference.")
STRAY_FOUND = declare("stray.found", "warning", "reference state", "A booking of ours turned up after it was given up.")
DRIFT_FOUND = declare("drift.found", "warning", "reason", "A visit differs from what the prison system holds.")

# The prison system
BREAKER_CHANGED = declare("breaker.changed", "warning", "kind state", "Calls for a prison stop, are probed, or go on.")
DEFECT_SEEN = declare("defect.seen", "error", "operation reason", "One side must mend something: see the runbook.")

# Messages
MAIL_SENT = declare(
    "mail.sent", "info", "kind audience channel tries duration_ms", "A message was taken by the mail server."
)
MAIL_POSTPONED = declare(
    "mail.postponed", "warning", "kind audience channel tries reason retry_in", "Not taken; tried again later."
)
MAIL_ABANDONED = declare("mail.abandoned", "error", "kind audience channel tries reason", "A dead letter.")
MAIL_SUPERSEDED = declare("mail.superseded", "info", "kind audience", "Not sent, since it is no longer true.")

# Keeping and forgetting
VISITS_PURGED = declare("visits.purged", "info", "count duration_ms", "Personal data past its time was removed.")
PURGE_LEFT = declare(
    "purge.left",
    "warning",
    "reason",
    "What was removed may still be found in the database's files, for these reasons; the next purge tries again.",
)
VISIT_GONE = declare(
    "visit.gone", "info", "kind", "A visit was removed while something was being done about it, which ends there."
)
SUBJECT_EXPORTED = declare("subject.exported", "info", "count", "A person's data was written out.")
SUBJECT_ERASED = declare("subject.erased", "info", "count", "A person's data was removed.")

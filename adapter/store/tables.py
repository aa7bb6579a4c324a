"""The tables. Each column says what it holds where its name can't; guards are unique indexes, not good intentions.

Instants are microseconds since 1970 UTC (BIGINT on both databases: they compare and add without dialects).
Slots and dates are strings of the contract.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

visits = Table(
    "visits",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("human_id", String(8), nullable=False, unique=True),
    Column("shape", Integer, nullable=False),  # version of the stored JSON; workers claim only shapes they know
    # -- the life (booking_rules.lifecycle) ------------------------------------------------------------------
    Column("step", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("mark", String(16), nullable=False),  # random for each write: tells one's own when a COMMIT's answer is lost
    Column("lease_holder", String(64)),
    Column("lease_until", BigInteger),
    Column("due_at", BigInteger),  # when the worker should take it further; NULL: nothing to do by itself
    Column("claims", Integer, nullable=False, default=0),  # claims since the last progress (poison)
    Column("acting_for", String(8), nullable=False, default="visitor"),
    Column("handover_at", BigInteger, nullable=False),  # arrival + handover_after, never restarted
    Column("doubt_since", BigInteger),
    Column("leaving_since", BigInteger),  # when the withdrawal or cancellation was asked for
    Column("ever_waited", Boolean, nullable=False, default=False),  # the visitor was told "requested"
    # -- what was asked --------------------------------------------------------------------------------------
    Column("arrived_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("prison_id", String(36), nullable=False),
    Column("prison_key", String(16), nullable=False),  # the key of [prisons.*]
    Column("nomis_prison", String(16), nullable=False),
    Column("mailbox", String(320), nullable=False),
    Column("channel", String(20), nullable=False, default="web"),
    Column("language", String(2), nullable=False),
    Column("noms_id", String(7)),
    Column("request", Text, nullable=False),  # JSON: prisoner, visitors, choices, email, phone
    Column("email", String(320)),  # the mailbox that messages to the visitor are counted by; NULL: not counted
    Column("slot1", String(22)),  # the choices, normal times, for "who wants this slot"
    Column("slot2", String(22)),
    Column("slot3", String(22)),
    Column("party", Integer, nullable=False),  # visitors
    Column("adults", Integer, nullable=False),  # of them, by the prison's adult age on arrival
    Column("confirm_by", String(10), nullable=False),
    Column("overlaps_at_arrival", Text),  # JSON: per choice, what overlapped when first judged
    # -- the prison system -----------------------------------------------------------------------------------
    Column("offender_id", BigInteger),
    Column("turnless", Boolean, nullable=False, default=False),  # departed while another visit had the turn
    Column("find_by_ref", Boolean, nullable=False, default=True),
    Column("nomis_visit_id", BigInteger),
    # -- what came of it -------------------------------------------------------------------------------------
    Column("slot_granted", String(22)),
    Column("slot_raw", String(22)),
    Column("outcome", Text, nullable=False),  # JSON: decision, reasons, choices, mode (what the frontend may see)
    Column("trace", Text),  # JSON: every check with what it was based on (what staff see)
    Column("staff_why", String(64)),
    Column("cancellation_reasons", Text),
    Column("cancelled_at", BigInteger),
    Column("not_allowed", Text),  # JSON: indexes of visitors whom staff refused
    Column("staff_messages", Text),  # JSON: what staff wrote to the visitor
    Column("claimed_by", String(100)),  # a member of staff works on it …
    Column("claimed_until", BigInteger),  # … until then
    Column("answered_by", String(100)),
    Column("checked_at", BigInteger),  # last reconciliation of a booked visit
    Column("drift", String(32)),
    Column("mail_sequence", Integer, nullable=False, default=0),  # last number given to a message of this visit
    Column("calendar_sequence", Integer, nullable=False, default=0),
    Column("counted", Integer, nullable=False, default=0),  # what the figures have of it: see store/figures.py
    Index(
        "ix_visits_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("ix_visits_noms_id", "noms_id"),
    Index("ix_visits_email", "email"),
    Index("ix_visits_offender_id", "offender_id"),
    Index("ix_visits_slot", "nomis_prison", "slot_granted"),
)
STEP = Index("ix_visits_step", visits.c.step, visits.c.arrived_at)

_TURN = text(
    "(step IN ('checking', 'booking', 'withdrawing', 'cancelling') OR (step = 'in_doubt' AND NOT find_by_ref)) "
    "AND NOT turnless"
)
_DRIFTED = text("drift IS NOT NULL")
Index("ix_visits_drift", visits.c.step, sqlite_where=_DRIFTED, postgresql_where=_DRIFTED)

Index("uq_visits_turn", visits.c.offender_id, unique=True, sqlite_where=_TURN, postgresql_where=_TURN)

_BOOKED = text("step = 'booked'")
CHECKED_AT = Index("ix_visits_checked_at", visits.c.checked_at, sqlite_where=_BOOKED, postgresql_where=_BOOKED)

_HAS_ID = text("nomis_visit_id IS NOT NULL")
Index(
    "uq_visits_nomis_visit_id",
    visits.c.nomis_visit_id,
    unique=True,
    sqlite_where=_HAS_ID,
    postgresql_where=_HAS_ID,
)

_UNCOUNTED = text("counted < 4")
Index("ix_visits_uncounted", visits.c.arrived_at, sqlite_where=_UNCOUNTED, postgresql_where=_UNCOUNTED)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("visit_id", String(36), ForeignKey("visits.id"), nullable=False, index=True),
    Column("reference", String(64), nullable=False, unique=True),
    Column("choice", Integer),  # index into the request's choices; NULL: another slot, chosen by staff
    Column("acting_for", String(8), nullable=False),
    Column("offender_id", BigInteger, nullable=False),
    Column("prison", String(16), nullable=False),
    Column("slot", String(22), nullable=False),
    Column("slot_raw", String(22), nullable=False),
    Column("party", Integer, nullable=False),  # how many visitors
    Column("adults", Integer, nullable=False),
    Column("body", Text, nullable=False),  # JSON of the whole order; repeats send exactly this
    Column("baseline", Text, nullable=False),  # JSON: ids in existing_visits before the first POST; never refreshed
    Column("state", String(10), nullable=False),
    Column("posts", Integer, nullable=False, default=0),  # POSTs that may have reached the wire
    Column("doubted", Boolean, nullable=False, default=False),  # had a POST without an answer that counts
    Column("exists_shown", Boolean, nullable=False, default=False),  # `Duplicate post` was seen: can't be absent
    Column("duplicate_at", BigInteger),  # when; `read_lag` counts from here
    Column("candidate_id", BigInteger),  # the single new id at that slot, where references can't be found
    Column("last_texts", Text),  # JSON: the codes of the last refusal
    Column("last_answer", String(20)),
    Column("post_began_at", BigInteger),
    Column("post_ended_at", BigInteger),  # NULL while unknown: then the poster's lease end counts
    Column("post_lease_until", BigInteger),
    Column("nomis_visit_id", BigInteger),
    Column("visit_order", String(40)),
    Column("removing_since", BigInteger),
    Column("look_at", BigInteger),  # next look-up by the watch; NULL: none
    Column("looks", Integer, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "ix_attempts_look",
        "look_at",
        sqlite_where=text("look_at IS NOT NULL"),
        postgresql_where=text("look_at IS NOT NULL"),
    ),
    Index("ix_attempts_nomis_visit_id", "nomis_visit_id"),
    Index("ix_attempts_slot", "prison", "slot", "state"),
    sqlite_autoincrement=True,
)

_UNSETTLED = text("state IN ('open', 'stray', 'removing')")
Index("ix_attempts_unsettled", attempts.c.visit_id, sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)

visit_events = Table(
    "visit_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("visit_id", String(36), ForeignKey("visits.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("event", String(20), nullable=False),
    Column("from_step", String(16)),
    Column("to_step", String(16), nullable=False),
    Column("who", String(120), nullable=False),  # machine, visitor, staff:NAME
    Column("detail", Text),  # JSON
    UniqueConstraint("visit_id", "version"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String(64), primary_key=True),  # keyed hash of scope, kind and what identifies the request
    Column("kind", String(8), nullable=False),  # key | rid | same
    Column("visit_id", String(36), ForeignKey("visits.id"), nullable=False, index=True),
    Column("body_hash", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("visit_id", String(36), ForeignKey("visits.id"), index=True),  # NULL for feedback
    Column("kind", String(24), nullable=False),
    Column("sequence", Integer, nullable=False),  # 1, 2, … within the visit
    Column("audience", String(10), nullable=False),  # visitor | mailbox | feedback
    Column("channel", String(12), nullable=False),  # smtp | notify | console
    Column("recipient", String(320), nullable=False),
    Column("message_id", String(120), nullable=False, unique=True),
    Column("payload", LargeBinary, nullable=False),  # the bytes that leave; never rendered twice
    Column("state", String(10), nullable=False),  # queued | sent | superseded | dead
    Column("not_before", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("lease_holder", String(64)),
    Column("lease_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("last_error", String(64)),
    Column("asked", Boolean, nullable=False, default=False),  # a try ended without an answer: ask before repeating
    UniqueConstraint("visit_id", "kind", "sequence", "recipient"),
    sqlite_autoincrement=True,
)

_QUEUED = text("state = 'queued'")
Index("ix_outbox_queued", outbox.c.not_before, sqlite_where=_QUEUED, postgresql_where=_QUEUED)

_DEAD = text("state = 'dead'")
Index("ix_outbox_dead", outbox.c.created_at, sqlite_where=_DEAD, postgresql_where=_DEAD)

daily_figures = Table(
    "daily_figures",
    metadata,
    Column("day", String(10), primary_key=True),  # on which the request arrived, in London
    Column("prison", String(16), primary_key=True),  # key of [prisons.*]; empty: of no prison
    Column("measure", String(16), primary_key=True),  # see booking/figures.py
    Column("item", String(64), primary_key=True),
    Column("week", String(10), nullable=False, index=True),  # the Monday of the day's week
    Column("count", BigInteger, nullable=False),
)

service_facts = Table(
    "service_facts",
    metadata,
    Column("name", String(40), primary_key=True),  # e.g. prison_system: name and address this database belongs to
    Column("value", Text, nullable=False),
)

PERSONAL = {
    "visits": (
        *("human_id", "mailbox", "email", "noms_id", "request", "overlaps_at_arrival", "offender_id", "nomis_visit_id"),
        *("outcome", "trace", "cancellation_reasons", "not_allowed", "staff_messages", "claimed_by", "answered_by"),
    ),
    "attempts": (
        *("reference", "offender_id", "body", "baseline", "candidate_id"),
        *("last_texts", "nomis_visit_id", "visit_order"),
    ),
    "visit_events": ("who", "detail"),
    "idempotency": ("key", "body_hash"),
    "outbox": ("recipient", "message_id", "payload", "last_error"),
}
"""Columns that may hold something about a person. PostgreSQL makes no statistics of them: those are copies of values
that a purge doesn't reach.
"""

"""Puts the parts together: a store, a prison system, channels, and the bookings that use them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from prometheus_client import CollectorRegistry

from adapter import __version__
from adapter.booking.caps import NO_CAPS, Caps
from adapter.booking.desk import NO_BREAKS, Breaks, Counts, Desk, Times
from adapter.booking.figures import Figures
from adapter.booking.health import Watchman
from adapter.booking.letters import Letters
from adapter.booking.lookups import Lookups
from adapter.booking.mailer import Mailer
from adapter.booking.reconcile import Reconciler
from adapter.booking.retention import Keeper
from adapter.booking.service import Bookings
from adapter.booking.staffing import Staffing
from adapter.booking.staffing_prison import PrisonAnswers
from adapter.booking.tasks import SagaTasks
from adapter.booking.watch import Watch
from adapter.booking.worker import Pace, Worker
from adapter.clock import Clock, Ids, RandomIds, SystemClock
from adapter.config import Registry, Settings, bank_holidays
from adapter.metrics import Metrics
from adapter.staff.links import StaffLinks
from adapter.store.engine import open_store
from adapter.store.facts import belongs_to_prison_system
from adapter.store.notifications import PostgresqlWaker
from adapter.store.schema import ensure_schema, require_schema
from adapter.store.unit_of_work import Store
from adapter.store.waker import ProcessWaker, Waker
from adapter.web.credentials import Tokens
from adapter.wiring.observer import Logging
from adapter.wiring.staff import make_links
from adapter.wiring.transports import address, make_prison_system
from booking_rules.decision import DEFAULT_POLICY, Policy
from booking_rules.reasons import Reason
from nomis_client import PrisonSystem
from notifier import Channel
from notifier.channels import make as make_channels

REPLY_MARGIN = 0.15
"""Seconds of the budget kept for storing and answering."""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that runs in one process, except its listeners."""

    settings: Settings
    desk: Desk
    bookings: Bookings
    tasks: SagaTasks
    worker: Worker
    keeper: Keeper
    figures: Figures
    staffing: Staffing
    links: StaffLinks
    metrics: Metrics
    registry: Registry
    tokens: list[Tokens] = field(default_factory=list)
    """The credentials of its listeners, to be read again."""


@asynccontextmanager
async def open_service(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    nomis: PrisonSystem | None = None,
    store: Store | None = None,
    metrics: Metrics | None = None,
    counts: Counts | None = None,
    links: StaffLinks | None = None,
    channels: Mapping[str, Channel] | None = None,
    breaks: Breaks = NO_BREAKS,
    waker: Waker | None = None,
    sets_up: bool = True,
) -> AsyncIterator[Service]:
    """Open everything that the settings name, and put it away at the end; what is given is used and left open.

    An empty database is set up, or refused where `sets_up` is False.

    Raises `BadLinkKeys`, and `SchemaMismatch` or `OtherPrisonSystem` when the database isn't one for this release and
    prison system.
    """
    clock, ids = clock or SystemClock(), ids or RandomIds()
    metrics = metrics or Metrics(CollectorRegistry(), __version__)
    links = links or make_links(settings, clock)
    own_store = store or open_store(settings.store, clock)
    own_nomis = nomis or make_prison_system(settings.nomis, Logging(metrics), clock)
    waker = waker or _waker(own_store, settings)
    try:
        await (ensure_schema if sets_up else require_schema)(own_store)
        await belongs_to_prison_system(own_store, settings.nomis.transport, address(settings.nomis))
        async with waker:
            service = _assemble(
                settings,
                clock,
                ids,
                own_nomis,
                own_store,
                metrics,
                counts or metrics,
                links,
                channels or make_channels(settings.mail),
                breaks,
                waker,
            )
            _show_breakers(service)
            async with service.tasks:
                yield service
                await service.tasks.drain(settings.worker.shutdown_grace)
    finally:
        if nomis is None:
            await own_nomis.close()
        if store is None:
            await own_store.close()


def _waker(store: Store, settings: Settings) -> Waker:
    return PostgresqlWaker(store, settings.store) if settings.store.on_postgresql else ProcessWaker()


def _show_breakers(service: Service) -> None:
    """A breaker that never changed is closed, and shown as such."""
    for code in {prison.nomis_id for prison in service.settings.prisons.all()}:
        for kind in ("reads", "writes"):
            service.metrics.breaker_changed(code, kind, "closed")


def _assemble(
    settings: Settings,
    clock: Clock,
    ids: Ids,
    nomis: PrisonSystem,
    store: Store,
    metrics: Metrics,
    counts: Counts,
    links: StaffLinks,
    channels: Mapping[str, Channel],
    breaks: Breaks,
    waker: Waker,
) -> Service:
    registry = Registry(settings.prisons)
    desk = Desk(
        store=store,
        nomis=nomis,
        clock=clock,
        ids=ids,
        registry=registry,
        holidays=holidays_around,
        policy=make_policy(settings),
        times=make_times(settings),
        letters=Letters(settings.mail, channels, links),
        waker=waker,
        counts=counts,
        caps=make_caps(settings),
        breaks=breaks,
    )
    tasks = SagaTasks()
    staffing = Staffing(desk, tasks, PrisonAnswers(desk, tasks))
    mailer, watch = Mailer(desk, channels, settings.mail), Watch(desk)
    period = settings.worker.reconcile_period
    between_looks = min(60.0, period / 4)
    # Early enough that what is seen in the last look, and seen again `read_lag` later, is told within the period.
    reconciler = Reconciler(desk, max(period / 2, period - between_looks - settings.nomis.read_lag))
    keeper = Keeper(desk, settings.store.retention_days)
    figures = Figures(desk)
    pace = Pace(
        concurrency=settings.worker.concurrency,
        poll=settings.worker.poll,
        shutdown_grace=settings.worker.shutdown_grace,
        reconcile_pause=between_looks,
    )
    return Service(
        settings=settings,
        desk=desk,
        bookings=Bookings(desk, tasks, Lookups(desk), Watchman(desk), figures),
        tasks=tasks,
        worker=Worker(desk, tasks, mailer, watch, reconciler, keeper, figures, pace),
        keeper=keeper,
        figures=figures,
        staffing=staffing,
        links=links,
        metrics=metrics,
        registry=registry,
    )


def make_times(settings: Settings) -> Times:
    """Every wait of the saga, from the sections that own them."""
    decision, nomis = settings.decision, settings.nomis
    return Times(
        budget=decision.budget,
        reply_margin=min(REPLY_MARGIN, decision.budget / 3),
        handover_after=decision.handover_after,
        in_doubt_handover_after=decision.in_doubt_handover_after,
        cancel_handover_after=decision.cancel_handover_after,
        facts_max_age=decision.facts_max_age,
        lease=settings.store.lease,
        read_timeout=nomis.read_timeout,
        book_timeout=nomis.book_timeout,
        settle_after=nomis.settle_after,
        read_lag=nomis.read_lag,
        max_claims=settings.worker.max_claims,
    )


def make_caps(settings: Settings) -> Caps:
    """What one prisoner's visitors or one address may ask for; nothing is limited where requests aren't."""
    api = settings.api
    if api.rate_limit_per_minute == 0:
        return NO_CAPS
    return Caps(api.open_requests_per_prisoner, api.emails_per_address_and_day)


def make_policy(settings: Settings) -> Policy:
    """What the machine may refuse by itself."""
    return DEFAULT_POLICY.overlaid({Reason(code): verdict for code, verdict in settings.decision.on.items()})


@lru_cache(maxsize=8)
def holidays_around(day: date) -> frozenset[date]:
    """Bank holidays of the years that a booking window from `day` can touch."""
    return bank_holidays((day.year, day.year + 1))

"""What a process runs: listeners and the worker, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from adapter import __version__
from adapter.booking.restore import Restored, Tell, restore
from adapter.config import ConfigError, PrisonBook, Settings
from adapter.http.app import TOKENS, make_api
from adapter.http.context import BuildInfo
from adapter.log import events, get_logger, tracing
from adapter.reports.app import mount as mount_figures
from adapter.store import visits as visit_rows
from adapter.store.errors import StoreUnavailable
from adapter.store.facts import secret
from adapter.web.metrics_page import make_metrics_page
from adapter.web.server import listen
from adapter.wiring.service import Service, open_service
from adapter.wiring.staff import make_pages, mount_pages, shares_listener
from adapter.wiring.warm import settle, warm_up

_log = get_logger()

Ready = Callable[[str], None]
Mount = Callable[[web.Application], None]
Reread = Callable[[], PrisonBook]


@dataclass(frozen=True, slots=True)
class AfterRestore:
    """Who hears how far the look-ups are, and what they found."""

    tell: Tell
    say: Callable[[Restored], None]


def stopped_by_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets. Call it in the main thread's event loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve(
    settings: Settings, stop: asyncio.Event, *, worker: bool, ready: Ready, reread: Reread | None = None
) -> None:
    """Answer the API, and (with `worker`) do the background work, until `stop`.

    `ready` is given the API's address once it answers. `reread` gives the prisons afresh on SIGHUP; the tokens file is
    read again then, too.
    """
    async with _timed_stop(stop), _traced(settings), open_service(settings) as service:
        if reread is not None:
            _reread_on_hangup(service, reread)
        warm_up(service.desk)
        async with asyncio.TaskGroup() as group:
            async with serving(service) as url:
                settle()
                _log.info(
                    events.SERVICE_STARTED,
                    version=__version__,
                    store="postgresql" if settings.store.on_postgresql else "sqlite",
                    transport=settings.nomis.transport,
                    count=len(settings.prisons),
                )
                ready(url)
                background = group.create_task(service.worker.run(stop) if worker else prober(service, stop))
                await stop.wait()
            await background


async def work(
    settings: Settings,
    stop: asyncio.Event,
    *,
    ready: Ready,
    reread: Reread | None = None,
    restored: AfterRestore | None = None,
) -> None:
    """The background work alone, until `stop`. With `restored`, bookings lost by a restore are looked up before."""
    async with _timed_stop(stop), _traced(settings), open_service(settings) as service, AsyncExitStack() as stack:
        if reread is not None:
            _reread_on_hangup(service, reread)
        await _metrics_listener(service, stack)
        if restored is not None:
            restored.say(await restore(service.desk, restored.tell))
        ready("")
        await service.worker.run(stop)


@asynccontextmanager
async def _traced(settings: Settings) -> AsyncIterator[None]:
    """Spans are sent while the block runs, if the settings want them."""
    tracing.start(settings.tracing, __version__)
    try:
        yield
    finally:
        await asyncio.to_thread(tracing.stop)  # waits for the collector to take the last ones


@asynccontextmanager
async def _timed_stop(stop: asyncio.Event) -> AsyncIterator[None]:
    """Says in the log how long stopping took, once everything is put away."""
    loop, asked_at = asyncio.get_running_loop(), 0.0

    async def watch() -> None:
        nonlocal asked_at
        await stop.wait()
        asked_at = loop.time()

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
    _log.info(events.SERVICE_STOPPED, duration_ms=round((loop.time() - (asked_at or loop.time())) * 1000))


@asynccontextmanager
async def serving(service: Service, mount: Mount | None = None) -> AsyncIterator[str]:
    """Every listener of a service; gives the API's address. `mount` puts one more face on the API's listener."""
    async with AsyncExitStack() as stack:
        settings = service.settings
        api = await make_faces(service)
        mount_figures(api, service.figures.performance, service.desk.clock)
        if mount is not None:
            mount(api)
        await _metrics_listener(service, stack)
        if shares_listener(settings):
            mount_pages(service, api)
        else:
            host, port = settings.staff_listener
            await stack.enter_async_context(listen(make_pages(service), host, port))
        yield await stack.enter_async_context(listen(api, settings.api.host, settings.api.port))


async def _metrics_listener(service: Service, stack: AsyncExitStack) -> None:
    """Metrics and probes on an address of their own, where the settings name one."""
    settings = service.settings
    host, port = settings.metrics_listener
    if (host, port) == (settings.api.host, settings.api.port):
        return

    async def is_up() -> bool:
        return (await service.bookings.health()).up

    page = make_metrics_page(service.metrics.render, is_up, service.metrics.http_answered)
    await stack.enter_async_context(listen(page, host, port))


async def make_faces(service: Service) -> web.Application:
    """The JSON API of a service, ready to listen."""
    settings = service.settings
    shared = settings.metrics_listener == (settings.api.host, settings.api.port)
    api = make_api(
        service.bookings,
        settings.api,
        clock=service.desk.clock,
        holidays=service.desk.holidays,
        fingerprint_key=await secret(service.desk.store, "fingerprint_key"),
        budget=settings.decision.budget,
        build=BuildInfo(__version__, os.environ.get("GIT_REVISION", "")),
        metrics=service.metrics.render if shared else None,
        observe=service.metrics.http_answered,
    )
    if TOKENS in api:
        service.tokens.append(api[TOKENS])
    return api


async def prober(service: Service, stop: asyncio.Event) -> None:
    """Without a worker of its own, a process still has to learn when the prison system is back."""
    while not stop.is_set():
        await service.worker.probe_once()
        try:
            async with asyncio.timeout(service.settings.nomis.breaker.open_seconds / 2):
                await stop.wait()
        except TimeoutError:
            continue


def _reread_on_hangup(service: Service, reread: Reread) -> None:
    def hung_up() -> None:
        service.tasks.start(_reread(service, reread), "reread")
        service.tasks.start(_reread_tokens(service), "reread")

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)


async def _reread(service: Service, reread: Reread) -> None:
    """New prisons, or, where the configuration is bad, the old ones and a line in the log."""
    try:
        book = await asyncio.to_thread(reread)
        async with service.desk.store.read() as tx:
            open_prisons = await visit_rows.prisons_with_open_visits(tx)
    except ConfigError as error:
        _log.error(events.PRISONS_REFUSED, complaints=list(error.complaints))
    except StoreUnavailable as error:
        _log.warning(events.WORK_LEFT, kind="reread", reason=error.reason)
    else:
        current = service.registry.replace(book, open_prisons)
        _log.info(events.PRISONS_REPLACED, count=len(current))


async def _reread_tokens(service: Service) -> None:
    """New tokens, or, where the file is bad, the old ones and a line in the log."""
    for tokens in service.tokens:
        try:
            count = await asyncio.to_thread(tokens.reread)
        except ConfigError as error:
            _log.error(events.TOKENS_REFUSED, complaints=list(error.complaints))
        else:
            _log.info(events.TOKENS_REPLACED, count=count)

"""Carries messages out of the outbox: in order, once as far as mail allows, never lost."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping

from adapter.booking.desk import Desk
from adapter.booking.tasks import SagaTasks
from adapter.log import events, get_logger, tracing
from adapter.log.errors import classes, places
from adapter.store import outbox
from adapter.store.errors import StoreUnavailable
from adapter.store.records import OutboxRow
from notifier import Channel, NoAnswer, OurOutage, Permanent, Temporary
from notifier.settings import MailSettings

_log = get_logger()
_ANSWERS = 4
"""How many of a channel's time-outs one try may take: connecting, introducing, announcing, handing over."""
_MARGIN = 10.0
"""Seconds by which a claim outlasts the longest try, to store what became of it."""
_MOMENT = 1.0
"""Seconds that the next messages wait for those before them: more than a mail server takes that is well."""


class Mailer:
    """One per process; any number of processes share the outbox."""

    def __init__(
        self, desk: Desk, channels: Mapping[str, Channel], mail: MailSettings, moment: float = _MOMENT
    ) -> None:
        self._desk = desk
        self._channels = channels
        self._mail = mail
        self._moment = moment
        self._under_way: dict[int, OutboxRow] = {}
        self._longest_try = _ANSWERS * max(mail.smtp.timeout, mail.govuk_notify.timeout)

    async def send_due(self, tasks: SagaTasks, limit: int) -> bool:
        """Try what may leave now, up to `limit` messages at the same time; True if there were any.

        Returns when all are tried, or after a moment: what takes longer goes on in `tasks`, and the next needn't wait.
        """
        holder, rows = await self.claim(limit)
        if rows:
            await asyncio.wait({tasks.start(self.deliver(row, holder), "mail") for row in rows}, timeout=self._moment)
        return bool(rows)

    async def claim(self, limit: int) -> tuple[str, list[OutboxRow]]:
        """Messages that may leave now, and the name under which they are claimed: `limit` with those under way, or a
        few beside them. A mail server that is only slow isn't flooded, and one that hangs leaves places to others."""
        holder, seconds = self._desk.ids.holder(), self._longest_try + _MARGIN
        count = max(_few(limit), limit - len(self._under_way))
        recipients, audiences = self._held_up(limit)
        in_order = not self._desk.breaks.unordered_outbox
        async with self._desk.store.write() as tx:
            rows = await outbox.claim_due(
                tx, holder, seconds, count, not_to=recipients, not_for=audiences, in_order=in_order
            )
            if rows:
                await tx.commit()
        return holder, rows

    def _held_up(self, limit: int) -> tuple[list[str], list[str]]:
        """Recipients and audiences with so much under way that more would only take the places of others.

        So one mailbox that hangs holds up itself alone, and a mail server nobody whom GOV.UK Notify tells.
        """
        recipients = Counter(row.recipient for row in self._under_way.values())
        audiences = Counter(row.audience for row in self._under_way.values())
        return (
            [recipient for recipient, count in recipients.items() if count >= _few(limit)],
            [audience for audience, count in audiences.items() if count >= limit + 2 * _few(limit)],
        )

    async def deliver(self, row: OutboxRow, holder: str) -> None:
        """One try, and what became of it stored. Raises nothing: messages that leave at the same time don't disturb
        each other, or those that had just been handed over would be sent again."""
        self._under_way[row.id] = row
        try:
            await self._try(row, holder)
        except StoreUnavailable as error:
            # What became of it isn't stored: its claim runs out, and it counts as perhaps sent.
            _log.warning(events.WORK_LEFT, kind="mail", reason=error.reason, visit=row.visit_id)
        except Exception as error:
            _log.error(events.WORK_FAILED, kind="mail", visit=row.visit_id, error=classes(error), frames=places(error))
        finally:
            self._under_way.pop(row.id, None)  # claimed again meanwhile, it ends twice

    async def _try(self, row: OutboxRow, holder: str) -> None:
        repeated = row.asked or row.tries > 1  # a try that failed with a 5xx may have arrived all the same
        try:
            with tracing.span("mail", visit=row.visit_id, kind=row.kind, channel=row.channel, tries=row.tries):
                async with asyncio.timeout(self._longest_try):
                    await self._channel(row).deliver(row.payload, row.recipient, row.message_id, repeated)
        except TimeoutError:
            await self._again(row, holder, "too slow", asked=True)
        except Permanent as error:
            await self._give_up(row, holder, error.reason)
        except NoAnswer as error:
            await self._again(row, holder, error.reason, asked=True)
        except (Temporary, OurOutage) as error:
            await self._again(row, holder, error.reason, asked=False)
        except Exception:
            await self._again(row, holder, "our own fault", asked=True)
            raise
        else:
            await self._settle(row, holder, "sent", None)
            self._desk.counts.mail_tried(row.kind, row.channel, "sent")
            _log.info(events.MAIL_SENT, **_about(row))
            self._desk.waker.notify()

    def _channel(self, row: OutboxRow) -> Channel:
        """That for which the message was written: another one would need other bytes."""
        if row.channel not in self._channels:
            raise OurOutage(f"no channel {row.channel}")
        return self._channels[row.channel]

    async def _again(self, row: OutboxRow, holder: str, reason: str, asked: bool) -> None:
        if self._too_old(row):
            await self._give_up(row, holder, reason)
            return
        pause = min(self._mail.retry_longest, self._mail.retry_first * 2 ** (row.tries - 1))
        self._desk.counts.mail_tried(row.kind, row.channel, "postponed")
        _log.warning(events.MAIL_POSTPONED, reason=_code(reason), retry_in=pause, **_about(row))
        async with self._desk.store.write() as tx:
            await outbox.put_off(tx, row, holder, pause, reason, asked)
            await tx.commit()

    async def _give_up(self, row: OutboxRow, holder: str, reason: str) -> None:
        """A dead letter: shown to operators and staff; one to a mailbox goes to the second address."""
        self._desk.counts.mail_tried(row.kind, row.channel, "abandoned")
        _log.error(events.MAIL_ABANDONED, reason=_code(reason), **_about(row))
        second = self._mail.second_address
        async with self._desk.store.write() as tx:
            settled = await outbox.settle(tx, row, holder, "dead", reason)
            if settled and row.audience == "mailbox" and second and row.recipient != second:
                await outbox.put(tx, [_to_second(row, second)])
            await tx.commit()
        self._desk.waker.notify()

    async def _settle(self, row: OutboxRow, holder: str, state: str, error: str | None) -> None:
        """Stored with patience: forgetting that a message left would send it again."""
        pause = 0.1
        while True:
            try:
                async with self._desk.store.write() as tx:
                    await outbox.settle(tx, row, holder, state, error)
                    await tx.commit()
            except StoreUnavailable:
                await self._desk.clock.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                return

    def _too_old(self, row: OutboxRow) -> bool:
        age = self._desk.clock.now().timestamp() - row.created_at / 1e6
        return age > self._mail.retry_for


def _few(limit: int) -> int:
    """Of so many messages at once: as many as one recipient may let hang before the others go first."""
    return max(1, limit // 4)


def _about(row: OutboxRow) -> dict[str, object]:
    return {
        "visit": row.visit_id,
        "kind": row.kind,
        "audience": row.audience,
        "channel": row.channel,
        "tries": row.tries,
    }


def _code(reason: str) -> str:
    """A channel's reason (`rcpt 550`) as a code of the log, where words would be masked."""
    return re.sub(r"[^A-Za-z0-9]+", "_", reason).strip("_")


def _to_second(row: OutboxRow, second: str) -> dict[str, object]:
    return {
        "visit_id": row.visit_id,
        "kind": row.kind,
        "sequence": row.sequence,
        "audience": row.audience,
        "channel": row.channel,
        "recipient": second,
        "message_id": f"{row.message_id[:-1]}.2>",
        "payload": row.payload,
        "created_at": row.created_at,
        "not_before": 0,
    }

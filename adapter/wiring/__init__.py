"""The composition root: the only place that names concrete transports, senders and engines."""

from adapter.wiring.service import Service, open_service

__all__ = ["Service", "open_service"]

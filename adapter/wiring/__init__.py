"""The composition root: the only place that names concrete transports, senders and engines."""

"""What is counted."""

from adapter.metrics.backlog import Backlog
from adapter.metrics.metrics import Metrics

__all__ = ["Backlog", "Metrics"]

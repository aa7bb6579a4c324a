"""What codes mean, in words. Codes are plain strings here; the rules own the lists."""

from __future__ import annotations

from notifier.wording.cancellations import cancellation_reasons, cancellation_reasons_for_staff
from notifier.wording.rejections import rejection_reasons
from notifier.wording.staff import check_name, drift_step, drift_words, not_removed_words, result_word, why_words

__all__ = [
    "cancellation_reasons",
    "cancellation_reasons_for_staff",
    "check_name",
    "drift_step",
    "drift_words",
    "not_removed_words",
    "rejection_reasons",
    "result_word",
    "why_words",
]

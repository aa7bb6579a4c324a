"""Bars as SVG. A plot is an image with a name for those who can't see it; its numbers stand in a table beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 720, 260, 80, 16, 36, 16
_MOST_LABELS = 11
_ROUND = (1, 2, 3, 4, 5, 6, 8, 10)

Points = Sequence[tuple[str, float | None]]
"""(label, value) in order; a value that is hidden or unknown leaves its place empty."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What is written beside a plot: (height from 0 to 1, words), and whether a height is the logarithm of a value."""

    marks: tuple[tuple[float, str], ...]
    lowest: float
    highest: float
    logarithmic: bool = False

    def height(self, value: float) -> float:
        """From 0 to 1."""
        if not self.logarithmic:
            return min(1.0, max(0.0, value / self.highest))
        return min(
            1.0, max(0.0, math.log(max(value, self.lowest) / self.lowest) / math.log(self.highest / self.lowest))
        )


def even(points: Points, top: float | None = None, unit: str = "") -> Scale:
    """From 0 to `top`, else to a round number above the greatest value, in quarters."""
    highest = top or _round_up(max((value for _, value in points if value is not None), default=0.0))
    return Scale(tuple((quarter / 4, f"{highest * quarter / 4:g}{unit}") for quarter in range(5)), 0.0, highest)


def of_times() -> Scale:
    """Seconds to days: each mark is about ten times the one before, so that neither is too small to be seen."""
    lowest, highest = 0.1, 864_000.0
    scale = Scale((), lowest, highest, logarithmic=True)
    marks = ((0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 hour"))
    days = ((86_400, "1 day"), (highest, "10 days"))
    return Scale(tuple((scale.height(at), words) for at, words in (*marks, *days)), lowest, highest, logarithmic=True)


def bars(name: str, points: Points, scale: Scale | None = None) -> str:
    """One bar for each value. Where labels would run into each other, only some are written, evenly apart."""
    scale = scale or even(points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(name)}'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
    ]
    inner = _HEIGHT - _TOP - _BOTTOM
    for height, words in scale.marks:
        y = _TOP + inner * (1 - height)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b1b4b6"/>')
        parts.append(_text(_LEFT - 8, y + 5, words, "end"))
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(points))
    apart = math.ceil(len(points) / _MOST_LABELS)
    for index, (label, value) in enumerate(points):
        x = _LEFT + index * step
        if value is not None:
            high = inner * scale.height(value)
            parts.append(
                f'<rect x="{x + step * 0.15:.1f}" y="{_TOP + inner - high:.1f}" width="{step * 0.7:.1f}"'
                f' height="{high:.1f}" fill="#1d5ba4"/>'
            )
        if index % apart == 0:
            parts.append(_text(x + step / 2, _HEIGHT - 12, label, "middle"))
    return "".join([*parts, "</svg>"])


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="Arial, sans-serif" font-size="13"'
        f' fill="#0b0c0c">{escape(words)}</text>'
    )


def _round_up(value: float) -> float:
    """The next number of one digit that a person reads easily; at least 4, for counts come whole."""
    value = max(value, 4.0)
    size = 10.0 ** math.floor(math.log10(value))
    return next(size * factor for factor in _ROUND if size * factor >= value)

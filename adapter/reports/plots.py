"""Bars as SVG. A plot is an image with a name for those who can't see it; its numbers stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 260, 64, 36, 16


def bars(name: str, points: Sequence[tuple[str, float | None]], top: float | None = None, unit: str = "") -> str:
    """One bar for each (label, value) in order; a value that is hidden or unknown leaves its place empty.

    The scale ends at `top`, else at a round number above the greatest value.
    """
    highest = top or _round_up(max((value for _, value in points if value is not None), default=0.0))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(name)}'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
    ]
    inner = _HEIGHT - _TOP - _BOTTOM
    for quarter in range(5):
        y = _TOP + inner * (1 - quarter / 4)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b1b4b6"/>')
        parts.append(_text(_LEFT - 8, y + 5, f"{highest * quarter / 4:g}{unit}", "end"))
    step = (_WIDTH - _LEFT) / max(1, len(points))
    for index, (label, value) in enumerate(points):
        x = _LEFT + index * step
        if value is not None:
            height = inner * min(1.0, value / highest)
            parts.append(
                f'<rect x="{x + step * 0.15:.1f}" y="{_TOP + inner - height:.1f}" width="{step * 0.7:.1f}"'
                f' height="{height:.1f}" fill="#1d5ba4"/>'
            )
        parts.append(_text(x + step / 2, _HEIGHT - 12, label, "middle"))
    return "".join([*parts, "</svg>"])


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="Arial, sans-serif" font-size="13"'
        f' fill="#0b0c0c">{escape(words)}</text>'
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 4 or 8 times a power of ten, so that a quarter of it is easily read."""
    size = 1.0
    while size * 8 < value:
        size *= 10
    return next(size * factor for factor in (1, 2, 4, 8) if size * factor >= value)

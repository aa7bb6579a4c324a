"""Growth as SVG: lines over a logarithmic or linear axis, readable without colour."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 320, 70, 20, 40, 56
_COLOURS = ("#1d5ba4", "#b5450f", "#00703c", "#4c2c92")
_DASHES = ("", "8 4", "2 3", "12 4 2 4")


@dataclass(frozen=True)
class Curve:
    """Values by what grows. Drawn as `name`.svg."""

    name: str
    title: str
    across: str
    up: str
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def drawn(curve: Curve) -> str:
    """The whole image. Values below one stand at the left edge of the (logarithmic) axis."""
    every = [point for line in curve.lines.values() for point in line]
    furthest = max(math.log10(max(1.0, x)) for x, _ in every) or 1.0
    highest = _round_up(max(y for _, y in every))
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        along = math.log10(max(1.0, x)) / furthest
        return _LEFT + inner_width * along, _TOP + inner_height * (1 - y / highest)

    label = f"{curve.title}: {curve.up} by {curve.across}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(label)}'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 20, curve.title, "start", 15),
        _text(_WIDTH - _RIGHT, _HEIGHT - 8, curve.across, "end"),
        _text(_LEFT, 35, curve.up, "start"),
    ]
    for quarter in range(5):
        _, y = place(1, highest * quarter / 4)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d3d6"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{highest * quarter / 4:g}", "end"))
    for value in sorted({x for x, _ in every}):
        x, _ = place(value, 0)
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{value:,.0f}", "middle"))
    for index, (name, line) in enumerate(curve.lines.items()):
        colour, dash = _COLOURS[index % 4], _DASHES[index % 4]
        spots = [place(x, y) for x, y in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" {_dashed(dash)}/>')
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in spots)
        at = _LEFT + 180 + index * 170
        parts.append(
            f'<line x1="{at}" x2="{at + 30}" y1="31" y2="31" stroke="{colour}" stroke-width="2" {_dashed(dash)}/>'
        )
        parts.append(_text(at + 36, 35, name, "start"))
    return "".join([*parts, "</svg>"])


def _dashed(dash: str) -> str:
    return f'stroke-dasharray="{dash}"' if dash else ""


def _text(x: float, y: float, words: str, anchor: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="Arial, sans-serif" font-size="{size}"'
        f' fill="#0b0c0c">{escape(words)}</text>'
    )


def _round_up(value: float) -> float:
    size = 1.0
    while size * 8 < value:
        size *= 10
    return next(size * factor for factor in (1, 2, 4, 8) if size * factor >= value)

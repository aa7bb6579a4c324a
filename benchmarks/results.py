"""What a run found: lines with a target, curves to look at, and where both are written."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import plots
from benchmarks.plots import Curve

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
PLOTS = {
    "growth-by-stored-visits": "One booking and one idle round of the worker, by visits stored",
    "latency-by-clients": "Latency by clients, 50 ms for each call",
    "latency-by-contacts": "Latency by contacts on the list, over REST and SOAP",
}
BEGIN, END = "<!-- begin: made by `make bench` -->", "<!-- end: made by `make bench` -->"


@dataclass(frozen=True)
class Figure:
    """`target`: a comparison such as `≤ 2.0`, or empty where there is none and the value is only reported."""

    figure: str
    value: float
    target: str = ""

    @property
    def within(self) -> bool:
        if not self.target:
            return True
        sign, bound = self.target.split()
        return self.value <= float(bound) if sign == "≤" else self.value >= float(bound)


def as_json(figures: Sequence[Figure]) -> dict[str, object]:
    """The shape of results.json."""
    rows = [
        {"figure": one.figure, "value": rounded(one.value), "target": one.target, "within": one.within}
        for one in figures
    ]
    return {"machine": machine(), "commit": commit(), "figures": rows}


def write(figures: Sequence[Figure], curves: Sequence[Curve]) -> None:
    """results.json, the plots, and the part of docs/performance.md that shows both."""
    found = as_json(figures)
    IMAGES.mkdir(exist_ok=True)
    for curve in curves:
        (IMAGES / f"{curve.name}.svg").write_text(plots.drawn(curve) + "\n", encoding="utf-8")
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_results(page, found), encoding="utf-8")


def with_results(page: str, found: dict[str, object] | None) -> str:
    """The page with what `make bench` found: the table of results.json and the plots that there are; None: nothing."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    shown = "" if found is None else f"\n{table(found)}\n\n{_images()}"
    return f"{before}{BEGIN}{shown}\n{END}{after}"


def _images() -> str:
    return "\n\n".join(f"![{words}](images/{name}.svg)" for name, words in PLOTS.items())


def table(found: dict[str, object]) -> str:
    rows: list[dict[str, object]] = found["figures"]  # type: ignore[assignment]
    lines = [f"Machine: {found['machine']}. Commit: {found['commit']}.", "", "| figure | value | target | within |"]
    lines.append("|---|---:|---:|---|")
    for row in rows:
        held = ("yes" if row["within"] else "**no**") if row["target"] else ""
        lines.append(f"| {row['figure']} | {row['value']} | {row['target']} | {held} |")
    return "\n".join(lines)


def rounded(value: float) -> float:
    """Three figures are more than noise leaves."""
    return float(f"{value:.3g}")


def machine() -> str:
    """Cores, Python and processor; nothing that names a machine."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {_processor()}"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def commit() -> str:
    """Of the tree that was measured, with a mark if it held changes."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def printed(figures: Sequence[Figure]) -> str:
    """For the terminal."""
    width = max(len(one.figure) for one in figures)
    lines = []
    for one in figures:
        held = ("ok" if one.within else "NOT WITHIN") if one.target else ""
        lines.append(f"{one.figure:<{width}}  {rounded(one.value):>8}  {one.target:>8}  {held}")
    return "\n".join(lines)

"""Growth curves as SVG, both axes logarithmic, written by hand: nothing has to be installed to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _KEY = 820, 420, 70, 50, 40, 300
_COLOURS = ("#00539b", "#b3541e", "#2a7f3f", "#7a3f9d", "#a30d38", "#555555", "#8a6d00")


def draw(sizes: Sequence[int], curves: Mapping[str, Sequence[float | None]]) -> str:
    """A chart of milliseconds by number of offers.

    Parameters
    ----------
    sizes : sequence of int above 0
    curves : mapping of name to milliseconds above 0 for each size; None where it was not measured
    """
    values = [value for curve in curves.values() for value in curve if value]
    lowest, highest = floor(log10(min(values))), ceil(log10(max(values)))
    first, last = log10(min(sizes)), log10(max(sizes))

    def across(size: float) -> float:
        return _LEFT + (log10(size) - first) / max(last - first, 1e-9) * (_WIDTH - _LEFT - _KEY)

    def up(value: float) -> float:
        share = (log10(value) - lowest) / max(highest - lowest, 1)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="13">',
        "<title>One request against many offers: milliseconds by number of offers</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22">One request, ms of processor time, by number of offers</text>',
    ]
    for power in range(lowest, highest + 1):
        y = up(10.0**power)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _KEY}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for size in sizes:
        x = across(size)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 22}" text-anchor="middle">{size:,}</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [(across(size), up(value)) for size, value in zip(sizes, curve, strict=True) if value]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        y = _TOP + 20 + number * 22
        parts.append(f'<rect x="{_WIDTH - _KEY + 16}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - _KEY + 34}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"

"""The k-anonymity curve as a picture inside a page: for each k, the share of rows in smaller groups."""

from collections.abc import Sequence

from dataops_infra.masking.anonymity.curve import CurvePoint

WIDTH, HEIGHT = 640, 220
"""Pixels at the size it is drawn for; the page scales it."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 48, 12, 12, 36
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve_picture(curve: Sequence[CurvePoint], demanded: int | None = None) -> str:
    """An SVG element; nothing where there is no curve.

    :param demanded: the plan's k, marked where it stands.
    """
    if len(curve) < 2:
        return ""
    first, last = curve[0].k, curve[-1].k
    line = " ".join(f"{_x(point.k, first, last):.1f},{_y(point.fraction):.1f}" for point in curve)
    told = f"Share of rows in groups smaller than k, for k from {first} to {last}"
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}" width="100%" fill="none" '
        'stroke="currentColor" font-size="12">',
        f"<title>{told}</title>",
        *(_level(share) for share in _SHARES),
        *(_tick(k, first, last) for k in sorted({first, *range(10, last + 1, 10), last})),
        _mark(demanded, first, last) if demanded is not None and first <= demanded <= last else "",
        f'<polyline points="{line}" stroke="var(--mark)" stroke-width="2"/>',
        _label(WIDTH / 2, HEIGHT - 4, "middle", "k"),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _x(k: int, first: int, last: int) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * (k - first) / (last - first)


def _y(share: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share)


def _level(share: float) -> str:
    height = f"{_y(share):.1f}"
    line = f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{height}" y2="{height}" stroke="var(--line)"/>'
    return line + _label(_LEFT - 6, _y(share) + 4, "end", f"{share:.0%}")


def _tick(k: int, first: int, last: int) -> str:
    return _label(_x(k, first, last), HEIGHT - _BOTTOM + 16, "middle", str(k))


def _mark(k: int, first: int, last: int) -> str:
    place = f"{_x(k, first, last):.1f}"
    line = f'<line x1="{place}" x2="{place}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}" stroke="var(--bad)"'
    return f'{line} stroke-dasharray="4 3"/>' + _label(_x(k, first, last) + 4, _TOP + 10, "start", f"k = {k}")


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" stroke="none">{text}</text>'

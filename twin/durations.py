"""Durations as people write and read them: ``8h``, ``1h30m``, ``15 min``."""

from __future__ import annotations

import math
import re

from twin.errors import InvalidParameter

FACTORS = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "hours": 3600.0, "d": 86400.0, "days": 86400.0}
ENDLESS = {"inf", "infinity", "forever", "none"}
LONGEST_S = 1e15
_PART = re.compile(r"(\d+(?:\.\d+)?)(sec|s|min|m|hours|h|days|d)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+\Z", re.ASCII)
_PLAIN = re.compile(r"\d+(?:\.\d+)?\Z", re.ASCII)


def parse_duration(text: str) -> float | None:
    """Seconds of a duration: ``90s``, ``15min`` (or ``15m``), ``8h``, ``1h30m``, plain seconds; None for ``inf``.

    Raises:
        InvalidParameter: it is no duration.
    """
    word = "".join(text.split()).lower()
    if word in ENDLESS:
        return None
    if _PLAIN.match(word):
        seconds = float(word)
    elif _WHOLE.match(word):
        seconds = sum(float(number) * FACTORS[unit] for number, unit in _PART.findall(word))
    else:
        raise InvalidParameter(
            f"{text!r} is not a duration", fix="Write for example 90s, 15min, 8h, 2d, 1h30m, seconds, or inf."
        )
    if seconds > LONGEST_S:
        raise InvalidParameter(f"{text!r} is too long", fix="Write inf for no end.")
    return seconds


def human(seconds: float | None) -> str:
    """A time for people, in its two largest units: ``0 s``, ``15 min``, ``24 h 16 min``, ``3 d``; ``-`` for none."""
    if seconds is None or math.isnan(seconds):
        return "-"
    if math.isinf(seconds):
        return "never"
    if seconds < 60:
        return f"{seconds:g} s" if seconds == int(seconds) else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return _two(whole, 60, "min", 1, "s")
    if whole < 48 * 3600:
        return _two(whole, 3600, "h", 60, "min")
    return _two(whole, 86400, "d", 3600, "h")


def exact(seconds: float | None) -> str:
    """A time for people, to the second: ``24 h 4 min 30 s``, ``2 d 1 min``; ``-`` for none."""
    if seconds is None or not math.isfinite(seconds) or seconds < 60 or seconds != int(seconds):
        return human(seconds)
    rest, parts = int(seconds), []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if name != "d" or seconds >= 48 * 3600:
            count, rest = divmod(rest, size)
            parts += [f"{count} {name}"] if count else []
    return " ".join(parts)


def _two(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    first, rest = divmod(whole, large)
    second = rest // small
    return f"{first} {large_name} {second} {small_name}" if second else f"{first} {large_name}"

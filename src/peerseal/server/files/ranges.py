"""The `Range` header, as far as chunks know it: one range of bytes (RFC 9110 §14)."""

from __future__ import annotations

import re
from typing import Final

from peerseal.server.guard.problems import HttpProblem

_RANGE: Final = re.compile(r"bytes=([0-9]{1,15})?-([0-9]{1,15})?", re.ASCII | re.IGNORECASE)


def byte_range(values: list[str], size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole (several ranges, or none that can be read).

    Raises 416 for a range that lies outside.
    """
    found = _RANGE.fullmatch(values[0].replace(" ", "")) if len(values) == 1 else None
    if found is None or found[1] is found[2] is None:
        return None
    if found[1] is None:
        first, last = max(0, size - int(found[2])), size
    else:
        first, last = int(found[1]), size if found[2] is None else min(size, int(found[2]) + 1)
        if found[2] is not None and int(found[2]) < first:
            return None
    if first >= last:
        raise HttpProblem(416)
    return first, last

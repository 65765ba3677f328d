"""What happens, in words for people: offers, counts, sizes, times. Pure; names of others are made visible here."""

from __future__ import annotations

import unicodedata
from typing import Final

from peerseal.files.names import visible
from peerseal.transfer.events import Complete, Offer, OfferedFile, Progress

_MAX_LISTED: Final = 8
_TITLE_MAX: Final = 100


def offer_lines(offer: Offer) -> list[str]:
    """An offer for people: what, how much, where to, and what to look at twice."""
    total = "size not known yet" if offer.bytes is None else size(offer.bytes)
    name = visible(offer.name)
    if offer.text:
        return [f"{name} sends a message, {total}."]
    if offer.count == 0 and len(offer.files) == 1:
        lines = [f"{name} offers the folder {visible(offer.files[0].path)} (empty)."]
        return lines + _where(offer)
    what = "empty folders:" if offer.count == 0 else f"{_count(offer.count)}, {total}:"
    lines = [f"{name} offers {what}"]
    lines += [_offered(file) for file in offer.files[:_MAX_LISTED]]
    rest = offer.count - sum(1 for file in offer.files[:_MAX_LISTED] if file.kind != "directory")
    if rest > 0:
        lines.append(f"  … and {rest} more")
    return lines + _where(offer)


def _where(offer: Offer) -> list[str]:
    lines = []
    hidden = [file.path for file in offer.files if file.path.startswith(".")]
    if hidden:
        lines.append(
            f"Look twice: {visible(hidden[0])} is a hidden name that programs may read settings from."
        )
    if offer.target is not None:
        lines.append(f"It goes to {visible(offer.target)}")
    return lines


def complete_line(event: Complete, path: str) -> str:
    """How it ended well: what is where, how much and how fast."""
    where = "here, from" if event.received else "with"
    speed = f"{size(event.bytes)} in {duration(event.seconds)}, {path or event.kind}"
    return f"{_arrived(event)} {where} {visible(event.peer)}. {speed}."


def progress_line(event: Progress, path: str) -> str:
    """The one line that changes: percent, file, bytes, speed, time left, path."""
    parts = [size(event.done)]
    if event.total:
        parts = [f"{event.done * 100 // event.total:3d} %", f"{size(event.done)} of {size(event.total)}"]
    parts.append(f"{size(event.rate)}/s")
    if event.eta:
        parts.append(f"{duration(event.eta)} left")
    if path:
        parts.append(path)
    if event.file:
        parts.append(visible(event.file))
    return "  ".join(parts)


def size(count: int) -> str:
    """Bytes for people, in powers of 1000: `24.1 MB`."""
    if count < 1000:
        return f"{count} B"
    value = count / 1000
    for unit in ("kB", "MB", "GB", "TB"):
        if value < 999.95:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} PB"


def duration(seconds: float) -> str:
    """Seconds for people: `0.8 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _offered(file: OfferedFile) -> str:
    if file.kind == "directory":
        return f"  {visible(file.path)}/"
    return f"  {visible(file.path)}" + ("" if file.size is None else f"  {size(file.size)}")


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _arrived(event: Complete) -> str:
    if event.text:
        return "The message is"
    if event.files == 0:
        return "The empty folder is" if len(event.paths) < 2 else "The empty folders are"
    return "1 file is" if event.files == 1 else f"{event.files} files are"


def one_line(title: str) -> str:
    """A title of somebody else's making for a line: visible, without runs of spaces, not too long."""
    return fit(" ".join(visible(title).split()), _TITLE_MAX)


def fit(text: str, columns: int) -> str:
    """Cut to a width in terminal cells; wide characters count two."""
    if text.isascii():
        return text if len(text) <= columns else text[: max(0, columns - 1)] + "…"
    used = kept = 0
    for place, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else not unicodedata.combining(character)
        if used > columns:
            return text[:kept] + "…"
        if used < columns:
            kept = place + 1
    return text


def sentence(text: str) -> str:
    """A phrase of the inner layers as a sentence. What is one already may begin with a name, which stays as it is."""
    return text if text.endswith((".", "?", "…", ":")) else text[:1].upper() + text[1:] + "."

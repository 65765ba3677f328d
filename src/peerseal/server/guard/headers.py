"""The response headers that stand on every answer, errors and static files included.

The page may run only its own files, talk only to this server, and be shown in nobody's frame.
"""

from __future__ import annotations

import re
from typing import Final

_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", re.ASCII)

_FIXED: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (
        b"permissions-policy",
        (
            b"accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
            b"geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), "
            b"publickey-credentials-get=(), screen-wake-lock=(self), serial=(), usb=(), xr-spatial-tracking=()"
        ),
    ),
)


def content_security_policy(host: str) -> str:
    """The policy for a page whose address has this `Host`.

    `connect-src` names the WebSocket addresses of the same host, because not every browser counts them
    as `'self'`.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def secured(headers: list[tuple[bytes, bytes]], host: str, request_id: str) -> list[tuple[bytes, bytes]]:
    """`headers` and the fixed ones; `Cache-Control: no-store` unless the maker knew better."""
    present = {name.lower() for name, _ in headers}
    result = list(headers)
    if b"cache-control" not in present:
        result.append((b"cache-control", b"no-store"))
    for name, value in _FIXED:
        if name not in present:
            result.append((name, value))
    result.append((b"content-security-policy", content_security_policy(host).encode("ascii")))
    result.append((b"x-request-id", request_id.encode("ascii")))
    return result

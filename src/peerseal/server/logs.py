"""What the libraries below would log of strangers' requests: nothing, because it names sessions and addresses."""

from __future__ import annotations

import logging


def silent_log(name: str) -> logging.Logger:
    """A logger that goes nowhere unless somebody debugging gives it a handler."""
    log = logging.getLogger(name)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return log

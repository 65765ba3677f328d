"""kill −9 again and again while people upload, update, delete and commit: is anything lost that was acknowledged?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.soak.figures import Figure, at_least, at_most
from bench.soak.server import PROGRAM  # puts tests/ on the path

assert PROGRAM


def run(*, small: bool) -> list[Figure]:
    from faults.test_kills import kill_again_and_again

    cycles = 10 if small else 1000
    lost = whole = acknowledged = 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peerseal-kills-") as folder:
        try:
            whole, acknowledged = kill_again_and_again(Path(folder) / "data", cycles)
        except AssertionError as wrong:
            print(wrong)
            lost = 1
    return [
        Figure("kills", cycles, ""),
        Figure("kills a minute", 60 * cycles / (time.monotonic() - begun), ""),
        at_least("changes acknowledged", acknowledged, "", 1),
        at_least("committed files found whole", whole, "", 1),
        at_most("acknowledged and lost, or something left over", lost, "", 0),
    ]

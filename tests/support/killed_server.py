"""A server in a place of the network that may be killed and started again on the same folder."""

from __future__ import annotations

from pathlib import Path

from support.network import Place
from support.serving import end, healthy_at, launch


class KilledServer:
    """It runs from the start; whoever makes it stops it."""

    def __init__(self, place: Place, home: Path, port: int) -> None:
        self._port = port
        self._place = place
        self._home = home
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = launch(
            self._home,
            prefix=self._place.prefix,
            host="0.0.0.0",
            port=self._port,
            ready=lambda: healthy_at(self._place, self._port),
        )

    def kill(self) -> None:
        """As when its machine loses power."""
        self._process.kill()
        self._process.wait(5)

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it in good order."""
        end(self._process)

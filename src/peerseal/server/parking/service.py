"""Parks on one server: what belongs together, wired. Chunks, storage and the sweep are those of stored files."""

from __future__ import annotations

from collections.abc import Callable

from peerseal.server.files.parts import Parts
from peerseal.server.guard.brakes import Brakes
from peerseal.server.parking.kind import ParkKind
from peerseal.server.parking.ledger import Ledger, ParkRules
from peerseal.server.parking.proofs import Proofs
from peerseal.server.parking.readers import Readers
from peerseal.server.parking.senders import Senders


class Parking:
    """Everything about parks. `keyed` is a hash under a key of this server, `clock` monotonic seconds."""

    def __init__(
        self,
        parts: Parts,
        rules: ParkRules,
        keyed: Callable[[bytes], bytes],
        clock: Callable[[], float],
        brakes: Brakes,
    ) -> None:
        ledger = Ledger(parts, rules, keyed)
        self.kind = ParkKind(parts, ledger)
        parts.kinds["park"] = self.kind
        proofs = Proofs(parts, clock, brakes)
        self.senders = Senders(parts, self.kind, proofs, ledger, rules)
        self.readers = Readers(parts, proofs)

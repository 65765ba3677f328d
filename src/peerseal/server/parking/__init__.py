"""Parks: what was being handed over live, waiting on this server for a receiver who left (docs/api.md §6)."""

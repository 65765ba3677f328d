"""`peerseal serve`: run a server for this network."""

"""The `peerseal` command line."""

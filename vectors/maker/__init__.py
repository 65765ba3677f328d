"""What `generate.py` makes the test vectors with: written from docs/protocol.md alone, nothing of peerseal in it."""

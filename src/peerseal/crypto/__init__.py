"""Formats and keys: sealing, opening, deriving. Pure; only `primitives` touches the crypto library."""

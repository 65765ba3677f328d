"""Accounts: who somebody is to this server. It keeps a hash of a proof, public keys, and sealed bytes."""

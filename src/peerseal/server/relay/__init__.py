"""Carrying: one-way streams of ciphertext through memory, never more than 1 MiB of each at a time."""

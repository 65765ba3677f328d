"""Stored files: who may have which sealed bytes, until when, and how many. What they hold nobody here can read."""

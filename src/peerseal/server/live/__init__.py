"""Peers who are here now: presence, rooms of two, tickets and the relay."""

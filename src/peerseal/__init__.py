"""Peerseal: hand files to people, sealed end to end.

Lazy on purpose: importing the package costs nothing until a name is used.
"""

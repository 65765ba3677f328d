"""Copies of a server's folder: made while it runs, kept as plain files with their checksums, and put back."""

"""Drives a transfer: files, protocol and transport put together, one module per direction."""

"""The contract for keeping sealed blobs, and its engines."""

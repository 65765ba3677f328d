"""The one door to the cryptography: everything above imports this, never `crypto` itself."""

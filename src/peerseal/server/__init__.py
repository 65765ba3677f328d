"""The server: introduces peers and carries ciphertext. It can read nothing."""

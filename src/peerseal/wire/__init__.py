"""Messages, sizes and limits that both sides share. No cryptography, no input or output."""

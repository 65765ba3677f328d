"""State machines of a conversation between two peers, without any input or output."""

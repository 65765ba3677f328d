"""Key exchange: two people's public keys, carried from one to the other. What they compute stays on their devices."""

"""What a user keeps on their own device, and the HTTP side of talking to a server."""

"""What every request passes first: origin, response headers, one shape of error, and limits."""

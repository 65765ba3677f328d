"""Every claim about speed, measured: `make bench`, or `python -m bench`."""

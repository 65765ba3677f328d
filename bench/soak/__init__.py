"""Loads a server far beyond what it should have to bear: `python -m bench.soak [NAME …]`, all by `make soak`."""

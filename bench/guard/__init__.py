"""Labelled traffic for the detector, made here, and what the detector makes of it (`python -m bench.guard`)."""

"""Moves sealed records between two peers and knows nothing else."""

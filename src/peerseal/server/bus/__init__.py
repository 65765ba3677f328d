"""The contract for telling other server processes something, and its engines."""

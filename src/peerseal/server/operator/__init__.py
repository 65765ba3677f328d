"""What operators see and may do, and what strangers may tell them (docs/guard.md §7)."""

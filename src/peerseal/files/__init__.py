"""Where bytes come from and where they end up on this device: sources, sinks, names, paths."""

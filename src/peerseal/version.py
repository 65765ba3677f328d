"""The one place that says which version this is. Imports nothing, so every layer may read it."""

from typing import Final

VERSION: Final = "0.1.0"

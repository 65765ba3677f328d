"""Start the Peerseal server on port 5000 for this computer and its network."""

from peerseal.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main(["serve", "--host", "0.0.0.0", "--port", "5000"]))  # noqa: S104 - other devices must reach it

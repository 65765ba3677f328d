"""`python -m peerseal`: the same door as the `peerseal` command."""

from peerseal.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())

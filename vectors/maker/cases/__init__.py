"""One module for each vector file; `generate.py` lists them."""

"""A short contest of writers; tests/clients/writers_if_match.py says what it checks."""
import sys

import writers_if_match

sys.exit(writers_if_match.main(["--rounds", "100"]))

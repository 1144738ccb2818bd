"""A short soak; tests/clients/soak.py says what it checks, and runs for as long as one likes."""
import sys

import soak

sys.exit(soak.main(["--seconds", "12"]))

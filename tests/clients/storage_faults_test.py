"""Each storage fault for a few changes; tests/clients/storage_faults.py says what it checks, and runs more."""
import sys

import storage_faults

sys.exit(storage_faults.main(["--changes", "25", "--each-call", "1"]))

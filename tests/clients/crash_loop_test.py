"""A short crash loop; tests/clients/crash_loop.py says what it checks, and runs longer ones."""
import sys

import crash_loop

sys.exit(crash_loop.main(["--kills", "20", "--power-failures", "5", "--filesystem", "ext4", "--filesystem", "xfs",
                          "--seconds-max", "120"]))

"""Runs one system test in a temporary folder of its own, removes the folder, and passes the exit status on."""
import os
import subprocess
import sys
import tempfile

script = os.path.abspath(sys.argv[1])
runner = {".py": [sys.executable], ".sh": ["bash"]}[os.path.splitext(script)[1]]
with tempfile.TemporaryDirectory(prefix="isthmus-") as folder:
    status = subprocess.call([*runner, script], cwd=folder, env=os.environ | {"TMPDIR": folder}, stdin=subprocess.DEVNULL)
sys.exit(status)

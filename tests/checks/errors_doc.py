"""docs/errors.md is what the list in controller/base/error.h generates. $PROGRAM prints it; tools/dev golden rewrites it."""
import os
import subprocess

import tree


def complaints(stored, generated):
    return [] if stored == generated else ["docs/errors.md differs from controller/base/error.h; run tools/dev golden"]


def check(root):
    path = root / "docs/errors.md"
    generated = subprocess.run(os.environ.get("PROGRAM", "cat"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               check=True).stdout
    return complaints(path.read_text(encoding="utf-8") if path.exists() else None, generated)


# In a self-test the program is cat without input, which generates the empty document.
CASES = [
    ({"docs/errors.md": ""}, []),
    ({"docs/errors.md": "| InvalidResourceId | 400 |\n"}, ["differs"]),
    ({}, ["differs"]),
]

if __name__ == "__main__":
    tree.run(check, CASES)

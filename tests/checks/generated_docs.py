"""Documents that programs print are what they print now; tools/dev golden rewrites them. Each program is named by a variable."""
import os
import subprocess

import tree

PROGRAMS = {"docs/errors.md": "ERRORS_DOC", "docs/api/arm-coverage.md": "ARM_COVERAGE_DOC"}


def generated(variable):
    return subprocess.run(os.environ.get(variable, "cat"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True).stdout


def check(root):
    for name, variable in PROGRAMS.items():
        path = root / name
        stored = path.read_text(encoding="utf-8") if path.exists() else None
        if stored != generated(variable):
            yield f"{name} differs from what is generated; run tools/dev golden"


# In a self-test the programs are cat without input, which generates the empty document.
CASES = [
    ({"docs/errors.md": "", "docs/api/arm-coverage.md": ""}, []),
    ({"docs/errors.md": "| InvalidResourceId | 400 |\n", "docs/api/arm-coverage.md": ""}, ["docs/errors.md differs"]),
    ({"docs/errors.md": ""}, ["docs/api/arm-coverage.md differs"]),
    ({}, ["docs/errors.md differs", "docs/api/arm-coverage.md differs"]),
]

if __name__ == "__main__":
    tree.run(lambda root: [*check(root)], CASES)

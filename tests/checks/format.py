"""Every C++ file is as clang-format-16 and .clang-format would write it. tools/dev fmt makes it so."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tree

FORMATTER = "clang-format-16"
STYLE = Path(__file__).resolve().parents[2] / ".clang-format"
SKIPPED = 77  # ctest: skipped


def check(root):
    paths = tree.files(root, ".h", ".cc")
    if not paths:
        return []
    answer = subprocess.run([FORMATTER, f"--style=file:{STYLE}", "--dry-run", "-Werror", *map(str, paths)], cwd=root,
                            capture_output=True, text=True)
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error:", answer.stderr, re.M)))
    if answer.returncode != 0 and not wrong:
        return [f"{FORMATTER}: {answer.stderr.strip()}"]
    return [f"{path}: not formatted; run tools/dev fmt" for path in wrong]


CASES = [
    ({"a.cc": "int a;\n", "b.h": "inline int b() { return 1; }\n"}, []),
    ({"a.cc": "int   a;\nint  b;\n", "b.h": "int b;\n"}, ["a.cc: not formatted"]),
    ({"a.cc": "int* a;\n", "b.h": "int *b;\n"}, ["b.h: not formatted"]),
]

if __name__ == "__main__":
    if shutil.which(FORMATTER) is None:
        print(f"skipped: {FORMATTER} is not installed (tools/dev setup test)")
        sys.exit(SKIPPED)
    tree.run(check, CASES)

"""Words that do not belong in a file of this project: places of one machine, and promises to finish later."""
import re
from pathlib import Path

import tree

FORBIDDEN = [
    (r"(?<![\w.$}-])/(home|root|Users|mnt|work|workspaces?)/\w", "names a folder of one machine"),
    (r"\b(TODO|FIXME|XXX|HACK)\b", "promises: finish it, or open an issue"),
]
OWN = Path("tests/checks/names.py")  # this file, which has to spell the words
MACHINE_MADE = {".gz", ".pcap", ".db", ".png"}  # data, not text


def check(root):
    here = str(root.resolve())
    complaints = []
    for path in tree.files(root):
        if path == OWN or path.suffix in MACHINE_MADE:
            continue
        for number, line in tree.lines(root, path):
            if here in line:
                complaints.append(f"{path}:{number}: names the folder this tree lies in")
            for pattern, why in FORBIDDEN:
                if match := re.search(pattern, line):
                    complaints.append(f"{path}:{number}: '{match.group()}' {why}")
    return complaints


CASES = [
    ({"README.md": "GET /networking/v1/virtualNetworks, /etc/hosts, mktemp /tmp/x.XXXXXX\n"}, []),
    ({"a.cc": "// as in /work/things/a.md\n"}, ["names a folder of one machine"]),
    ({"a.py": "path = '/home/me/a'\n"}, ["a.py:1: '/home/m' names a folder"]),
    ({"a.cc": "int a;  // TODO\n"}, ["'TODO' promises"]),
    ({"CMakeLists.txt": "# FIXME later\n\n# XXX\n"}, ["CMakeLists.txt:1", "CMakeLists.txt:3"]),
]

if __name__ == "__main__":
    tree.run(check, CASES)

"""What the checks share: a walk over the project's files, and a main() that can also show that a check can fail.

A check is a function from the root of a tree to a list of complaints. Each file of this folder that has one ends with
run(check, cases); a case is a small wrong tree and what the check must say about it.
"""
import os
import sys
import tempfile
from pathlib import Path

OUTSIDE = {".git", "build"}  # not the project's: history and what a build leaves


def files(root, *suffixes):
    """Every file below root with one of the suffixes (all files without any), as paths relative to root, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in OUTSIDE]
        found += [Path(folder, name).relative_to(root) for name in names]
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def lines(root, path):
    """The numbered lines of a text file; nothing for a file that is not text."""
    try:
        return list(enumerate((Path(root) / path).read_text(encoding="utf-8").splitlines(), 1))
    except UnicodeDecodeError:
        return []


def write(root, tree):
    for name, text in tree.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test(check, cases):
    """Each case is (tree, words): the complaints must be as many as the words, and hold them in order."""
    for tree, words in cases:
        with tempfile.TemporaryDirectory() as root:
            write(root, tree)
            complaints = check(Path(root))
        if len(complaints) != len(words) or not all(w in c for w, c in zip(words, complaints)):
            sys.exit(f"the tree {tree}\nshould give {words}\nbut gives   {complaints}")
    print(f"{len(cases)} trees judged as they should be")


def run(check, cases):
    if sys.argv[1:] == ["--self-test"]:
        return self_test(check, cases)
    complaints = check(Path(sys.argv[1]))
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)

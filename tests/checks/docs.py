"""The documents tell the truth: links lead somewhere, every word of tools/dev is explained, every error code is listed."""
import re

import tree

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*(```|~~~)")
WORD = re.compile(r"^word_(\w+)\(\)", re.M)
ERROR_ROW = re.compile(r"^\s*X\((\w+),\s*\d{3},", re.M)


def prose(root, path):
    """The lines outside fenced blocks."""
    fenced = False
    for number, line in tree.lines(root, path):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(root, path):
    """The anchors of a document's headings, as the usual renderers derive them."""
    titles = [line.lstrip("#") for _, line in prose(root, path) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken(root, path, link):
    """Why a relative link leads nowhere, or None."""
    target, _, anchor = link.partition("#")
    goal = (root / path.parent / target).resolve() if target else root / path
    if not goal.is_relative_to(root.resolve()) and target:
        return f"the link {link} leaves the project"
    if not goal.exists():
        return f"the link {link} leads nowhere"
    if anchor and goal.suffix == ".md" and anchor not in anchors(root, goal):
        return f"the link {link} names a heading that {goal.name} does not have"
    return None


def check_links(root):
    for path in tree.files(root, ".md"):
        for number, line in prose(root, path):
            for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if not re.match(r"[a-z]+:", link) and (why := broken(root, path, link)):
                    yield f"{path}:{number}: {why}"


def text(root, name):
    path = root / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def check_words(root):
    """A word counts as explained where it stands on one line with tools/dev."""
    told = [line for name in ("README.md", "docs/ARCHITECTURE.md") for line in text(root, name).splitlines()
            if "tools/dev" in line]
    for word in WORD.findall(text(root, "tools/dev")):
        if not any(re.search(rf"\b{word}\b", line.replace("tools/dev", "")) for line in told):
            yield f"tools/dev: neither README.md nor docs/ARCHITECTURE.md tells of `tools/dev {word}`"


def check_errors(root):
    listed = text(root, "docs/errors.md")
    for code in ERROR_ROW.findall(text(root, "controller/base/error.h")):
        if not re.search(rf"\b{code}\b", listed):
            yield f"docs/errors.md: {code} is missing; run tools/dev golden"


def check(root):
    return [*check_links(root), *check_words(root), *check_errors(root)]


CASES = [
    ({"README.md": "# It works\n[map](docs/MAP.md#a-place-far-off) [top](#it-works) [web](https://example.org)\n"
                   "```\n[not](a-link)\n```\n`tools/dev build|test`\n",
      "docs/MAP.md": "# Map\n## A place, far off\n[back](../README.md)\n",
      "tools/dev": "word_build() { :; }\nword_test() { :; }\n",
      "controller/base/error.h": '  X(NotFound, 404, "x") \\\n', "docs/errors.md": "| NotFound |\n"}, []),
    ({"README.md": "see [map](docs/MAP.md)\n"}, ["README.md:1: the link docs/MAP.md leads nowhere"]),
    ({"README.md": "# A\n[b](#b)\n"}, ["names a heading"]),
    ({"README.md": "[up](../elsewhere.md)\n"}, ["leaves the project"]),
    ({"tools/dev": "word_lint() { :; }\n", "README.md": "tools/dev build; the linter\n"}, ["tells of `tools/dev lint`"]),
    ({"controller/base/error.h": '  X(NotFound, 404, "x") \\\n'}, ["NotFound is missing"]),
]

if __name__ == "__main__":
    tree.run(check, CASES)

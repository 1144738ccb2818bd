"""The allowed edges between folders. Linking cannot stop a wrong #include, since every header is visible; this does.

A file belongs to the longest folder of ALLOWED that holds it, and may include from that folder, and the folders and
headers listed. Tests and benchmarks beside the code may use the whole of their layer, all below it, and tests/support.
"""
import re

import tree

NET = {"dataplane/net"}
PROGRAM = {"dataplane/program.h"} | NET  # the vocabulary that controller and dataplane share
BASE = {"controller/base"} | NET
MODEL = {"controller/model"} | BASE
CONTROLLER = {"controller", "dataplane"}
ALLOWED = {
    "dataplane": set(),
    "dataplane/net": set(),
    "dataplane/fib": {"dataplane/rcu.h"} | PROGRAM,  # tables that change while they are read
    "dataplane/acl": PROGRAM,
    "controller": CONTROLLER,
    "controller/base": NET,
    "controller/model": BASE,
    "controller/rules": MODEL,
    "controller/routes": MODEL,
    "controller/store": BASE,
    "controller/program": {"controller/routes", "dataplane"} | MODEL,
    "api": CONTROLLER,
    "tools": {"api", "tests"} | CONTROLLER,
    "tests": {"api", "tools"} | CONTROLLER,
}
# Headers of libraries that a layer knows nothing of.
FOREIGN = {
    "dataplane": r"rapidjson/|SQLiteCpp/|sqlite3|boost/(beast|asio|json|url)|yaml-cpp/|spdlog/|CLI/|prometheus/",
    "controller": r"boost/(beast|asio)|yaml-cpp/|CLI/|prometheus/",
}
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def home(path):
    """The longest folder of ALLOWED that holds this path, or None."""
    folders = [folder for folder in ALLOWED if str(path).startswith(folder + "/")]
    return max(folders, key=len, default=None)


def below(target, allowed):
    """Whether the header is one of those allowed, or lies in a folder that is."""
    return any(target == a or target.startswith(a + "/") for a in allowed)


def allowed_from(path):
    folder = home(path)
    if re.search(r"_(test|bench)\.cc$", path.name):
        layer = folder.split("/")[0]
        return ALLOWED[layer] | {layer, "tests/support"}
    return ALLOWED[folder] | {folder}


def judge(path, bracket, target):
    layer = path.parts[0]
    if bracket == "<":
        if layer in FOREIGN and re.match(FOREIGN[layer], target) and not path.name.endswith("_bench.cc"):
            return f"{layer} does not use <{target}>"
        return None
    if home(target) is None:
        return f'"{target}" is not named from the root'
    if not below(target, allowed_from(path)):
        return f"{home(path)} does not include {target}; tests/checks/layers.py has the allowed edges"
    return None


def check(root):
    complaints = []
    for path in tree.files(root, ".h", ".cc"):
        if home(path) is None:
            continue
        for number, line in tree.lines(root, path):
            if match := INCLUDE.match(line):
                if complaint := judge(path, *match.groups()):
                    complaints.append(f"{path}:{number}: {complaint}")
    return complaints


CASES = [
    ({"dataplane/fib/fib.h": '#include "dataplane/net/ip.h"\n#include <vector>\n',
      "controller/rules/rules.cc": '#include "controller/model/model.h"\n',
      "dataplane/acl/list.h": '#include "dataplane/program.h"\n',
      "api/main.cc": '#include "controller/controller.h"\n',
      "dataplane/fib/fib_test.cc": '#include "dataplane/pipeline/pipeline.h"\n#include "tests/support/oracle.h"\n'}, []),
    ({"dataplane/fib/fib.h": '#include "controller/model/model.h"\n'}, ["dataplane/fib/fib.h:1: dataplane/fib does not include"]),
    ({"dataplane/acl/list.h": '#include "dataplane/pipeline/pipeline.h"\n'}, ["dataplane/acl does not include"]),
    ({"dataplane/program.h": '#include "dataplane/net/ip.h"\n\n#include "controller/base/error.h"\n'}, ["program.h:3"]),
    ({"dataplane/fib/fib_test.cc": '#include "controller/base/error.h"\n'}, ["dataplane/fib does not include"]),
    ({"controller/base/error.h": '#include "controller/model/model.h"\n'}, ["controller/base does not include"]),
    ({"controller/store/store.cc": '#include "controller/rules/rules.h"\n'}, ["controller/store does not include"]),
    ({"controller/controller.h": '#include "api/http/server.h"\n'}, ["controller does not include api/http/server.h"]),
    ({"controller/model/model.h": '#include "kind.h"\n'}, ["not named from the root"]),
    ({"dataplane/fib/fib.h": "#include <rapidjson/document.h>\n"}, ["dataplane does not use <rapidjson/document.h>"]),
]

if __name__ == "__main__":
    tree.run(check, CASES)

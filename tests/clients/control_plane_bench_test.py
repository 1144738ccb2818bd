"""isthmus-control-plane-bench as a process: a small run finds everything Connected, and leaves nothing behind."""
import json
import os
import subprocess
import unittest

BENCH = os.path.join(os.path.dirname(os.environ["ISTHMUS"]), "isthmus-control-plane-bench")
FIGURES = ("everything created and Connected", "list of networks", "GET of the hub", "resident memory",
           "start after kill -9, until ready", "peering of two spokes, second side", "one spoke more: the hub's side")


def run(*words):
    return subprocess.run([BENCH, *words], capture_output=True, text=True, timeout=200)


class ControlPlaneBench(unittest.TestCase):
    def test_small_sizes_give_an_object_each(self):
        os.makedirs("states", exist_ok=True)
        done = run("--spokes", "5", "20", "--mesh", "4", "--builds", "1", "--changes", "4", "--directory", "states",
                   "--json", "sizes.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open("sizes.json", encoding="utf-8") as file:
            five, twenty, mesh = json.load(file)
        self.assertEqual([(size["topology"], size["size"]) for size in (five, twenty, mesh)],
                         [("hub", 5), ("hub", 20), ("mesh", 4)])
        few, more = ({figure["name"]: figure for figure in size["figures"]} for size in (five, twenty))
        for name in FIGURES:
            self.assertGreater(more[name]["median"], 0, name)
            self.assertIn(name, done.stdout)
        self.assertEqual(more["peering objects, all Connected"]["median"], 40)
        # What a change looks at does not grow with the hub.
        for name in (name for name in few if name.endswith("routes recomputed")):
            self.assertEqual(few[name]["median"], more[name]["median"], name)
        self.assertEqual(os.listdir("states"), [])

    def test_mistakes_are_told(self):
        for words, status, text in [
            (("--daemon", "nowhere/isthmusd"), 2, "there is no nowhere/isthmusd"),
            (("--spokes", "0"), 2, "--spokes"),
            (("--directory", "nowhere"), 2, "nowhere"),
            (("--json", "no/such/folder/x.json"), 2, "cannot write no/such/folder/x.json"),
            (("--daemon", "/etc/hostname"), 1, "isthmusd has ended"),
        ]:
            done = run(*words)
            self.assertEqual(done.returncode, status, (words, done.stderr))
            self.assertIn(text, done.stderr)

    def test_help(self):
        self.assertIn("--quick", run("--help").stdout)


if __name__ == "__main__":
    unittest.main()

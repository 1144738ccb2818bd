"""isthmus test as a CI job runs it: every example against a fresh daemon, an expectation that is wrong, and the report as
a reader of JUnit's XML sees it."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(__file__))
import nc_daemon

ISTHMUS = os.environ["ISTHMUS"]
EXAMPLES = sorted(glob.glob(os.path.join(os.environ["ISTHMUS_SOURCE_DIR"], "docs/examples/*.yaml")))
HUB_AND_SPOKE = next(path for path in EXAMPLES if path.endswith("/hub-and-spoke.yaml"))


class FreshDaemon(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.daemon = nc_daemon.Daemon([os.environ["ISTHMUSD"]], self.folder.name)
        self.daemon.start()
        self.addCleanup(self.daemon.stop)

    def isthmus(self, *words, stdin=""):
        environment = {**os.environ, "ISTHMUS_SERVER": f"http://127.0.0.1:{self.daemon.port}"}
        return subprocess.run([ISTHMUS, *words], env=environment, cwd=self.folder.name, input=stdin, capture_output=True,
                              text=True, timeout=60)

    def report(self, name="junit.xml"):
        return xml.etree.ElementTree.parse(os.path.join(self.folder.name, name)).getroot()


class Examples(FreshDaemon):
    def test_there_are_some(self):
        self.assertGreaterEqual(len(EXAMPLES), 4)

    def hold(self, path):
        done = self.isthmus("test", "--apply", path, "--junit", "junit.xml")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertGreaterEqual(len(told), 3)
        self.assertEqual([one for one in told if not one["holds"]], [])
        for result in "reach", "drop":
            self.assertIn(result, [one["expected"]["result"] for one in told], "an example shows both")
        self.assertIn(f"{len(told)} of {len(told)} hold\n", done.stderr)
        suite, = self.report()
        self.assertEqual((suite.tag, suite.get("name")), ("testsuite", path))
        self.assertEqual([case.get("line") for case in suite], [str(one["line"]) for one in told])
        self.assertEqual([list(case) for case in suite], [[]] * len(told))

        # What was applied is there, so that it can be asked again without.
        self.assertEqual(self.isthmus("test", path).returncode, 0)


for example in EXAMPLES:
    setattr(Examples, "test_" + re.sub(r"\W", "_", os.path.basename(example)[:-len(".yaml")]),
            lambda self, path=example: self.hold(path))


class Wrong(FreshDaemon):
    def wrong_lab(self):
        """The example, of which one expectation is wrong; and the line that it is on."""
        with open(HUB_AND_SPOKE, encoding="utf-8") as file:
            text = file.read()
        right = "port: 22/tcp, result: drop, reason: acl-deny}"
        lines = text[:text.index(right)].count("\n")
        path = os.path.join(self.folder.name, 'a <lab> & "more" ü.yaml')
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(right, "port: 22/tcp, result: reach}", 1))
        return path, lines + 1

    def test_expectation_fails_the_job_and_is_in_the_report(self):
        path, line = self.wrong_lab()
        done = self.isthmus("test", "--apply", path, "--junit", "junit.xml", "-o", "table")
        self.assertEqual(done.returncode, 1)
        failed, = (row for row in done.stdout.splitlines() if row.startswith("FAIL"))
        self.assertIn(f"{path}:{line}  ", failed)
        total = len(done.stdout.splitlines()) - 2
        self.assertIn(f"isthmus: {total - 1} of {total} hold\n", done.stderr)

        root = self.report()
        self.assertEqual(root.tag, "testsuites")
        suite, = root
        for element in root, suite:
            self.assertEqual((element.get("tests"), element.get("failures"), element.get("errors")), (str(total), "1", "0"))
        self.assertGreater(float(suite.get("time")), 0)
        self.assertAlmostEqual(sum(float(case.get("time")) for case in suite), float(suite.get("time")), places=4)
        self.assertEqual(suite.get("name"), path)
        failures = [(case, failure) for case in suite for failure in case]
        (case, failure), = failures
        self.assertEqual((case.tag, failure.tag), ("testcase", "failure"))
        self.assertEqual((case.get("file"), case.get("line")), (path, str(line)))
        self.assertEqual(case.get("name"), "web1 -> db1 tcp/22: reach")
        self.assertEqual(failure.get("message"), "is drop via firewall (acl-deny), not reach")
        self.assertRegex(failure.text, r"^acl-in drops it: denied by rule in-65000 .* of db-only, the subnet's list\nChange ")

    def test_lab_is_not_applied_and_is_an_error_in_the_report(self):
        done = self.isthmus("test", "--apply", HUB_AND_SPOKE, "-", "--junit", "junit.xml",
                            stdin="version: 1\nnetworks: {a: {prefixes: [10.0.0.0/99]}}\nexpect: [{}]\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("isthmus: InvalidLabDocument: -: Line 2: ", done.stderr)
        good, bad = self.report()
        self.assertEqual((good.get("failures"), good.get("errors"), bad.get("tests"), bad.get("errors")), ("0", "0", "1", "1"))
        self.assertIn("Line 2: ", bad[0][0].get("message"))

    def test_machine_that_is_not_there_is_not_found(self):
        done = self.isthmus("test", HUB_AND_SPOKE)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"Line \d+: The controller has no machine 'web1'\.\n.*isthmus test --apply")

    def test_broken_peering_is_seen(self):
        self.assertEqual(self.isthmus("test", "--apply", HUB_AND_SPOKE).returncode, 0)
        self.isthmus("vnet", "peering", "delete", "--vnet-name", "hub", "-n", "hub-to-spoke1")
        done = self.isthmus("test", HUB_AND_SPOKE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("isthmus vnet peering create", done.stderr, "the remedy")
        self.assertIn("appliance-unreachable", done.stderr)

    def test_document_expects_nothing(self):
        done = self.isthmus("test", "--apply", "-", stdin="version: 1\nnetworks: {a: {prefixes: [10.0.0.0/8]}}\n")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("has no expectations to test", done.stderr)
        self.assertNotIn('"a"', self.isthmus("vnet", "list").stdout)


if __name__ == "__main__":
    unittest.main()

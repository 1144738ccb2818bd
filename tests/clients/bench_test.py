"""isthmus bench fib as a process: options through to isthmus-bench, tables from files and from a server, JSON out."""
import gzip
import http.server
import json
import os
import shutil
import subprocess
import threading
import unittest

ISTHMUS = os.environ["ISTHMUS"]
BENCH = os.path.join(os.path.dirname(ISTHMUS), "isthmus-bench")
PREFIXES = [f"10.{i}.{j}.0/24" for i in range(16) for j in range(16)] + ["10.0.0.0/8", "10.3.7.128/25"]
FIGURES = ("median_ns", "min_ns", "p90_ns", "bytes", "routes")
TABLE = {"resourceId": "branches", "properties": {"routes": [
    {"resourceId": f"r{i}", "properties": {"addressPrefix": prefix, "nextHopType": "VirtualAppliance",
                                           "nextHopIpAddress": f"10.200.0.{4 + i % 5}"}}
    for i, prefix in enumerate(PREFIXES)]}}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path == "/networking/v1/routeTables/branches"
        body = json.dumps(TABLE if found else {"error": {"code": "NotFound", "message": "no such table"}}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def run(*words, program=(ISTHMUS, "bench", "fib")):
    return subprocess.run([*program, *words], capture_output=True, text=True, timeout=120)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open("routes.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(PREFIXES) + "\n")
        with gzip.open("routes.txt.gz", "wt", encoding="utf-8") as file:
            file.write("\r\n".join(PREFIXES) + "\r\n")

    def check_shape(self, workload):
        for figure in FIGURES:
            self.assertGreater(workload["ours"][figure], 0, figure)
            for name, peer in workload["peers"].items():
                self.assertGreaterEqual(peer[figure], 0, (name, figure))
        self.assertIn("mtrie 16-8-8", workload["peers"])
        right = [peer["median_ns"] for peer in workload["peers"].values()
                 if peer["wrong_answers"] == 0 and peer["refused_routes"] == 0]
        self.assertAlmostEqual(workload["ratio"], min(right) / workload["ours"]["median_ns"], places=6)

    def test_a_tiny_table_gives_one_object_per_workload(self):
        done = run("--quick", "--only", "ipv4/zipf", "ipv4/single/zipf", "--table", "routes.txt", "--json", "-",
                   program=(BENCH,))
        self.assertEqual(done.returncode, 0, done.stderr)
        workloads = json.loads(done.stdout)
        self.assertEqual([workload["name"] for workload in workloads], ["ipv4/zipf", "ipv4/single/zipf"])
        for workload in workloads:
            self.check_shape(workload)
            self.assertEqual(workload["ours"]["routes"], len(PREFIXES))
            self.assertTrue(workload["run"]["quick"])

    def test_changes_are_measured_and_readers_see_them_whole(self):
        done = run("--quick", "--only", "ipv4/changes", "ipv4/half-updated", "--table", "routes.txt.gz", "--json", "out.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("routes", done.stdout)
        with open("out.json", encoding="utf-8") as file:
            changes, half = json.load(file)
        self.assertGreater(changes["ours"]["changes_per_second"], 0)
        self.assertGreaterEqual(changes["ours"]["max_ns"], changes["ours"]["p99_ns"])
        if half["ours"] is not None:
            self.assertEqual(half["ours"]["half_updated_routes"], 0)

    def test_networks_are_generated(self):
        done = run("--quick", "--networks", "12", "--only", "networks/m??", "networks/mesh", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [workload["name"] for workload in json.loads(done.stdout)]
        self.assertEqual(names[0], "networks/mix")
        self.assertIn("networks/mesh", names)

    def test_a_table_of_the_server(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            done = run("--from-server", "branches", "--server", url, "--quick", "--only", "ipv4/routed", "--json", "-")
            before = run("fib", "--from-server=branches", "--list", program=(ISTHMUS, "--server", url, "bench"))
            missing = run("--from-server", "nothing", "--server", url)
            server.shutdown()
        self.assertEqual(done.returncode, 0, done.stderr)
        workload, = json.loads(done.stdout)
        self.assertEqual(workload["ours"]["routes"], len(PREFIXES))
        self.assertIn("5 next hops", workload["table"])
        self.assertEqual(before.returncode, 0, before.stderr)
        self.assertEqual(missing.returncode, 3)
        self.assertIn("no such table", missing.stderr)

    def test_the_chart(self):
        done = run("--quick", "--only", "ipv4/zipf", "--table", "routes.txt", "--plot", "chart.svg")
        if shutil.which("gnuplot") is None:
            self.assertIn("gnuplot is not installed", done.stderr)
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        with open("chart.svg", encoding="utf-8") as file:
            self.assertIn("mtrie 16-8-8", file.read())

    def test_mistakes_are_told_with_the_remedy(self):
        with open("bad.txt", "w", encoding="utf-8") as file:
            file.write("10.0.0.0/8\n10.0.0.1/8\n")
        for words, status, text in [
            (("--table", "bad.txt"), 1, "line 2: '10.0.0.1/8' has bits set behind its length; write 10.0.0.0/8"),
            (("--table", "nowhere.txt"), 1, "cannot read nowhere.txt"),
            (("--only", "ipv5"), 2, "ipv4/zipf"),
            (("--fast",), 2, "--quick"),
            (("--json", "no/such/folder/x.json"), 2, "cannot write no/such/folder/x.json"),
        ]:
            done = run(*words)
            self.assertEqual(done.returncode, status, words)
            self.assertIn(text, done.stderr)
        done = run(program=(ISTHMUS, "bench"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("isthmus bench fib", done.stderr)

    def test_help_and_list(self):
        self.assertIn("--next-hops", run("--help").stdout)
        self.assertIn("networks/mesh", run("--list").stdout)
        self.assertIn("bench", run("--help", program=(ISTHMUS,)).stdout)

    def test_the_missing_program_is_named(self):
        shutil.copy(ISTHMUS, "isthmus")
        done = run(program=("./isthmus", "bench", "fib"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("isthmus-bench is not there", done.stderr)
        self.assertIn("tools/dev build", done.stderr)


if __name__ == "__main__":
    unittest.main()

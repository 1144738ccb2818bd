"""The program isthmus as a process, against a server of this file: real sockets, streams, terminals, exit statuses.

What is sent for which words, and how answers are shown, is held by the unit tests beside its code.
"""
import http.server
import json
import os
import pty
import socket
import subprocess
import threading
import time
import unittest

ISTHMUS = os.environ["ISTHMUS"]
NETWORK = {"resourceRef": "/virtualNetworks/red", "resourceId": "red", "etag": 'W/"1"', "properties": {
    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [], "provisioningState": "Succeeded"}}
NETWORKS = "/networking/v1/virtualNetworks"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append((self.command, self.path, dict(self.headers), body))
        server.ports.add(self.client_address[1])
        status, headers, text = server.answers.get((self.command, self.path), (404, {}, "{}"))
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *arguments):
        pass


class MockServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked, self.ports = {}, [], set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def on(self, method, path, body, status=200, **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers[method, path] = (status, headers, text)


def isthmus(*words, server=None, stdin="", environment=None):
    variables = {**os.environ, **(environment or {})}
    if server:
        variables["ISTHMUS_SERVER"] = server
    return subprocess.run([ISTHMUS, *words], input=stdin, env=variables, capture_output=True, text=True, timeout=60)


def on_a_terminal(*words):
    """What the program writes when its standard output is a terminal."""
    try:
        ours, its = pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"no terminal to be had here: {error}") from error
    process = subprocess.Popen([ISTHMUS, *words], stdout=its, stdin=subprocess.DEVNULL)
    os.close(its)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    process.wait(timeout=60)
    return written.decode().replace("\r\n", "\n")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.server = MockServer()
        self.server.on("GET", NETWORKS, {"value": [NETWORK], "nextLink": ""})
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def run_it(self, *words, **options):
        return isthmus(*words, server=self.server.url, **options)

    def test_json_in_a_pipe_and_a_table_on_a_terminal(self):
        done = self.run_it("vnet", "list")
        self.assertEqual((done.returncode, json.loads(done.stdout), done.stderr), (0, [NETWORK], ""))
        shown = on_a_terminal("vnet", "list", "--server", self.server.url)
        self.assertRegex(shown, r"^Name +AddressPrefixes .*\n-+ .*\nred +10\.0\.0\.0/16 ")

    def test_flags_win_over_the_environment(self):
        done = isthmus("--server", self.server.url, "vnet", "list", server="http://127.0.0.1:1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_update_uses_one_connection_and_if_match(self):
        self.server.on("GET", NETWORKS + "/red", NETWORK)
        self.server.on("PUT", NETWORKS + "/red", NETWORK)
        done = self.run_it("vnet", "update", "-n", "red", "--address-prefixes", "10.9.0.0/16")
        self.assertEqual(done.returncode, 0, done.stderr)
        method, path, headers, body = self.server.asked[-1]
        self.assertEqual((method, path, headers["If-Match"]), ("PUT", NETWORKS + "/red", 'W/"1"'))
        self.assertEqual(json.loads(body)["properties"]["addressSpace"]["addressPrefixes"], ["10.9.0.0/16"])
        self.assertEqual(len(self.server.ports), 1)

    def test_a_server_that_closes_each_connection_is_asked_on_new_ones(self):
        self.server.on("GET", NETWORKS, {"value": [NETWORK], "nextLink": NETWORKS + "?page=2"}, Connection="close")
        self.server.on("GET", NETWORKS + "?page=2", {"value": [NETWORK], "nextLink": ""}, Connection="close")
        done = self.run_it("vnet", "list", "--query", "length(@)")
        self.assertEqual((done.stdout.strip(), len(self.server.ports)), ("2", 2))

    def test_apply_reads_the_standard_input(self):
        self.server.on("POST", "/_isthmus/v1/apply?dryRun=true&prune=true",
                       {"changes": [{"change": "created", "resource": "/virtualNetworks/hub"}], "dryRun": True})
        done = self.run_it("apply", "-f", "-", "--dry-run", "--prune", "-o", "tsv", stdin="version: 1\n")
        self.assertEqual(done.stdout, "created\t/virtualNetworks/hub\n")
        self.assertIn("1 created; a dry run", done.stderr)
        _, _, headers, body = self.server.asked[-1]
        self.assertEqual((headers["Content-Type"], body), ("application/yaml", b"version: 1\n"))

    def test_exit_statuses(self):
        wanted = {400: 1, 404: 3, 409: 4, 412: 4, 503: 1}
        for status, code in wanted.items():
            self.server.on("GET", NETWORKS, {"error": {"code": "Some", "message": "Sentence."}}, status=status)
            done = self.run_it("vnet", "list")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (code, "", "isthmus: Some: Sentence.\n"))
        self.assertEqual(self.run_it("vent").returncode, 2)
        self.assertEqual(isthmus("vnet", "list", server=f"http://127.0.0.1:{free_port()}").returncode, 5)
        self.assertEqual(self.run_it("wait", "--for", "ready", "--timeout", "300ms").returncode, 124)

    def test_a_server_that_hangs_does_not_hang_the_wait(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            started = time.monotonic()
            done = isthmus("wait", "--for", "ready", "--timeout", "500ms",
                           server=f"http://127.0.0.1:{silent.getsockname()[1]}")
            self.assertEqual(done.returncode, 124)
            self.assertIn("no answer within", done.stderr)
            self.assertLess(time.monotonic() - started, 10)

    def test_wait_sees_a_peering_become_connected(self):
        path = NETWORKS + "/a/virtualNetworkPeerings/p"
        self.server.on("GET", path, {"properties": {"peeringState": "Initiated"}})
        waiting = subprocess.Popen([ISTHMUS, "--server", self.server.url, "wait", "--for", "peering=a/p:Connected"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not self.server.asked:
            self.assertIsNone(waiting.poll())
        self.server.on("GET", path, {"properties": {"peeringState": "Connected"}})
        out, err = waiting.communicate(timeout=30)
        self.assertEqual((waiting.returncode, out, err), (0, "", "Connected\n"))

    def test_a_large_answer_passes_through_a_query(self):
        many = [{"resourceId": f"network-{i}", "properties": {}} for i in range(10_000)]
        self.server.on("GET", NETWORKS, {"value": many, "nextLink": ""})
        done = self.run_it("vnet", "list", "--query", "[-1].resourceId", "-o", "tsv")
        self.assertEqual((done.returncode, done.stdout), (0, "network-9999\n"), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

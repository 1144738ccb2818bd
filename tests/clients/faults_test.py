"""Faults and the list of the last calls as clients meet them: real connections, real delays, the real command line."""
import http.client
import json
import os
import subprocess
import tempfile
import unittest

import sys
sys.path.insert(0, os.path.dirname(__file__))
import nc_daemon

ISTHMUS = os.environ["ISTHMUS"]
RED = f"{nc_daemon.NETWORKS}/red"
NETWORK = {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.daemon = nc_daemon.Daemon([os.environ["ISTHMUSD"], "--requests-kept", "50"], cls.folder.name)
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        cls.folder.cleanup()
        assert status == 0, status

    def setUp(self):
        self.client = self.daemon.client()
        self.isthmus("faults", "clear")
        self.client.call("DELETE", RED)
        self.client.call("DELETE", "/_isthmus/v1/requests")

    def isthmus(self, *words, status=0):
        done = subprocess.run([ISTHMUS, "--server", f"http://127.0.0.1:{self.daemon.port}", *words],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def listed(self, *words):
        return json.loads(self.isthmus("requests", "-o", "json", *words))

    def test_an_answer_in_the_dialect_of_its_path(self):
        self.isthmus("faults", "add", "busy", "--status", "503", "--retry-after", "2", "--path", "/**", "--count", "2")
        reply = self.client.call("GET", nc_daemon.NETWORKS)
        self.assertEqual(reply.status, 503)
        self.assertEqual(reply.json()["error"]["code"], "ServiceUnavailable")
        self.assertEqual(reply.headers["x-isthmus-fault"], "busy")
        self.assertEqual(reply.headers["retry-after"], "2")
        problem = self.client.call("GET", "/_isthmus/v1/stats")
        self.assertEqual((problem.status, problem.json()["code"]), (503, "ServiceUnavailable"))
        self.assertEqual(problem.headers["content-type"], "application/problem+json")
        self.assertEqual(self.client.call("GET", nc_daemon.NETWORKS).status, 200)

    def test_a_lost_answer(self):
        self.isthmus("faults", "add", "lost", "--method", "PUT", "--close", "--when", "after", "--count", "1")
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.client.call("PUT", RED, NETWORK)
        again = self.daemon.client()
        self.assertEqual(again.call("GET", RED).status, 200, "it has happened")
        self.assertEqual(again.call("PUT", RED, NETWORK).status, 200)
        lost = self.listed("--method", "PUT", "--status", "000")
        self.assertEqual([(call["target"], call["fault"]) for call in lost], [(RED, "lost")])

    def test_a_connection_that_breaks_before_anything_happens(self):
        self.isthmus("faults", "add", "--method", "PUT", "--close", "--count", "1")
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.client.call("PUT", RED, NETWORK)
        self.assertEqual(self.daemon.client().call("GET", RED).status, 404)

    def test_a_call_that_is_held_up_holds_up_nobody_else(self):
        self.isthmus("faults", "add", "slow", "--path", RED, "--delay", "5m")
        waiting = [self.daemon.client() for _ in range(20)]  # many more than the daemon has threads
        for client in waiting:
            client.connection.request("GET", RED)
        for _ in range(20):
            self.assertEqual(self.client.call("GET", "/livez").status, 200)
        for client in waiting:
            client.connection.close()

    def test_a_delay_passes(self):
        self.isthmus("faults", "add", "slow", "--path", nc_daemon.NETWORKS, "--delay", "10ms..20ms")
        reply = self.client.call("GET", nc_daemon.NETWORKS)
        self.assertEqual((reply.status, reply.headers["x-isthmus-fault"]), (200, "slow"))
        self.assertGreaterEqual(self.listed("--path", nc_daemon.NETWORKS)[0]["durationUs"], 10_000)

    def test_equal_seeds_hit_alike(self):
        def hits(seed):
            self.isthmus("faults", "add", "chance", "--status", "500", "--rate", "0.5", "--seed", str(seed),
                         "--path", "/_isthmus/v1/version")
            return [self.client.call("GET", "/_isthmus/v1/version").status for _ in range(40)]
        first = hits(1)
        self.assertEqual(first, hits(1))
        self.assertNotEqual(first, hits(2))

    def test_what_the_server_itself_refuses_is_listed_too(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=10)
        connection.request("GET", "/livez", headers={"Host": "evil.example"})
        self.assertEqual(connection.getresponse().status, 421)
        call = self.listed("--status", "421")[0]
        self.assertEqual((call["method"], call["target"], call["code"]), ("GET", "/livez", "HostNotAllowed"))

    def test_nothing_secret_is_listed(self):
        self.client.call("GET", "/livez", headers={"Authorization": "Bearer canary-1234", "x-ms-client-request-id": "mine"})
        calls = self.listed()
        self.assertEqual(calls[-1]["clientRequestId"], "mine")
        self.assertNotIn("canary", json.dumps(calls))

    def test_a_table_for_people(self):
        self.client.call("GET", RED)
        table = self.isthmus("requests", "-o", "table", "--path", RED)
        self.assertRegex(table.splitlines()[0], r"^Time +Method +Status +Ms +Who +Target +Code$")
        self.assertRegex(table.splitlines()[2], rf"GET +404 +[0-9.]+ +127\.0\.0\.1 +{RED} +ResourceNotFound$")

    def test_following(self):
        follower = subprocess.Popen([ISTHMUS, "--server", f"http://127.0.0.1:{self.daemon.port}", "requests", "--follow",
                                     "-o", "json", "--path", "/_isthmus/v1/version"], stdout=subprocess.PIPE, text=True)
        try:
            for wanted in ("GET", "HEAD"):
                self.client.call(wanted, "/_isthmus/v1/version")
                self.assertEqual(json.loads(follower.stdout.readline())["method"], wanted)
        finally:
            follower.kill()
            follower.communicate()

    def test_mistakes_are_told(self):
        self.assertIn("from 400 to 599", self.isthmus("faults", "add", "--status", "200", status=1))
        self.assertIn("does nothing", self.isthmus("faults", "add", status=1))
        self.isthmus("faults", "add", "busy", "--status", "503")
        self.assertIn("Did you mean 'busy'?", self.isthmus("faults", "delete", "bsy", status=3))


if __name__ == "__main__":
    unittest.main()

"""Overload: who comes above the limits is told so at once, and the probes are always answered.

Nothing here is timed: a fault that holds calls up makes the daemon busy for as long as the test wants.
"""
import asyncio
import json
import os
import resource
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "clients"))
import nc_daemon

FLOOD_CONNECTIONS = 500
PROBES = 50
BUSY = "/_isthmus/v1/config"  # what the fault holds up
STATS = "/_isthmus/v1/stats"


async def ask(reader, writer, path):
    """The status and header fields of the answer."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    await reader.readexactly(int(fields.get("content-length", 0)))
    return int(head[0].split()[1]), fields


class Overload(unittest.TestCase):
    def start(self, *flags):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        daemon = nc_daemon.Daemon([os.environ["ISTHMUSD"], *flags], folder.name)
        daemon.start()
        self.addCleanup(lambda: self.assertEqual(daemon.stop(), 0))
        return daemon

    def hold(self, daemon, path, method, count):
        """Makes the daemon busy with so many calls of its own."""
        client = daemon.client()
        fault = {"match": {"path": path, "method": method}, "delay": "5m"}
        self.assertEqual(client.call("PUT", f"/_isthmus/v1/faults/hold-{method}", fault).status, 201)
        holders = [daemon.client() for _ in range(count)]
        for holder in holders:
            holder.connection.request(method, path, body=None if method == "GET" else "{}",
                                      headers={} if method == "GET" else {"Content-Type": "application/json"})
        self.addCleanup(lambda: [holder.connection.close() for holder in holders])
        kind = "read" if method == "GET" else "write"
        while f'isthmus_http_requests_in_flight{{kind="{kind}"}} {count}' not in self.metrics(client):
            pass  # every one of them has arrived
        return client

    def metrics(self, client):
        return client.call("GET", "/metrics").body.decode()

    def test_reads_above_the_limit(self):
        daemon = self.start("--limit-in-flight", "3")
        client = self.hold(daemon, BUSY, "GET", 3)
        refused = client.call("GET", nc_daemon.NETWORKS)
        self.assertEqual((refused.status, refused.headers["retry-after"]), (429, "1"))
        self.assertEqual(refused.json()["error"]["code"], "TooManyRequests")
        problem = client.call("GET", STATS)
        self.assertEqual((problem.status, problem.json()["code"]), (429, "TooManyRequests"))
        for probe in ("/livez", "/readyz", "/metrics"):
            self.assertEqual(client.call("GET", probe).status, 200)
        self.assertEqual(client.call("PUT", f"{nc_daemon.NETWORKS}/red", {
            "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}).status, 201, "changes go on")
        self.assertIn('isthmus_http_overload_refusals_total{reason="reads-in-flight"} 2', self.metrics(client))

    def test_changes_above_the_limit_do_not_starve_reads(self):
        daemon = self.start("--limit-in-flight-writes", "2")
        client = self.hold(daemon, "/_isthmus/v1/explain", "POST", 2)
        self.assertEqual(client.call("DELETE", f"{nc_daemon.NETWORKS}/red").status, 429)
        self.assertEqual(client.call("GET", nc_daemon.NETWORKS).status, 200)
        self.assertIn('isthmus_http_overload_refusals_total{reason="writes-in-flight"} 1', self.metrics(client))

    def test_a_clients_rate(self):
        daemon = self.start("--throttle-reads", "3,1", "--throttle-writes", "off")
        client = daemon.client()
        statuses = []
        while 429 not in statuses and len(statuses) < 10_000:
            reply = client.call("GET", STATS)
            statuses.append(reply.status)
            self.assertIn("x-ms-ratelimit-remaining-subscription-reads", reply.headers)
        self.assertEqual(statuses[:3], [200, 200, 200])
        self.assertEqual((reply.status, reply.headers["retry-after"]), (429, "1"))
        self.assertEqual(client.call("GET", "/livez").status, 200)

    def test_every_probe_is_answered_in_a_flood(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < FLOOD_CONNECTIONS + 100:
            self.skipTest("too few file descriptors here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FLOOD_CONNECTIONS + 100), hard))
        daemon = self.start("--limit-in-flight", "50")
        self.hold(daemon, BUSY, "GET", 49)
        counts = asyncio.run(self.flood(daemon.port))
        self.assertEqual(set(counts) - {200, 429}, set(), counts)
        self.assertGreater(counts.get(200, 0), 0)
        print(f"the flood was answered {json.dumps(counts)}")

    async def flood(self, port):
        counts, over = {}, asyncio.Event()

        async def one():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while not over.is_set():
                status, fields = await ask(reader, writer, STATS)
                counts[status] = counts.get(status, 0) + 1
                if status == 429:
                    self.assertEqual(fields["retry-after"], "1")
            writer.close()

        flood = [asyncio.create_task(one()) for _ in range(FLOOD_CONNECTIONS)]
        for _ in range(PROBES):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            status, _ = await ask(reader, writer, "/livez")
            self.assertEqual(status, 200)
            writer.close()
        over.set()
        await asyncio.gather(*flood)
        return counts


if __name__ == "__main__":
    unittest.main()

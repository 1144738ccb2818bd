"""A mixed load for a while; afterwards the daemon has what it had before: memory, file descriptors, threads.

Clients write, peer, read and delete networks of their own, send what has to be refused, hang up in the middle of a body, and do
not wait for answers. No answer is a 5xx, and each read finds what its client wrote last. Memory is measured by its slope over
the last two thirds of the time: what is filled once, such as the list of the last calls, is full by then.

    soak.py --daemon build/release/bin/isthmusd --seconds 900 --slope-max 1 [--samples samples.csv]
"""
import contextlib
import http.client
import itertools
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time

from crash_loop import body_of, path_of
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

NAMES_PER_CLIENT = 5
SAMPLE_SECONDS = 0.25
SETTLE_SECONDS_MAX = 30
WARM_UP_CALLS = 50
UNKNOWN = -1
MISTAKES = [  # method, path, body, headers, the status that tells why
    ("GET", path_of("nobody"), None, {}, 404),
    ("PUT", path_of("wrong"), b"{", {}, 400),
    ("PUT", path_of("wrong"), b'{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.1/8"]}}}', {}, 400),
    ("PUT", path_of("no%20id"), b"{}", {}, 400),
    ("PUT", path_of("wrong"), b"{}", {"Content-Type": "text/plain"}, 415),
    ("PUT", path_of("wrong"), json.dumps(body_of("wrong", 1)), {"If-Match": '"never"'}, 412),
    ("PATCH", path_of("wrong"), b"{}", {}, 405),
    ("GET", "/nowhere", None, {}, 404),
    ("GET", "/networking/v1/%2e%2e/x", None, {}, 400),
    ("POST", "/_isthmus/v1/apply", b"[]", {}, 400),
]


def value_of(network):
    """It stands in two places; where they differ, the network is half written, and this is no value that anybody wrote."""
    values = {network["tags"]["value"], network["resourceMetadata"]["resourceName"]}
    return int(values.pop()) if len(values) == 1 else sorted(values)


class Usage:
    """What the process has now."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            lines = dict(line.split(":", 1) for line in status)
        self.memory_kib = int(lines["VmRSS"].split()[0])
        self.threads = int(lines["Threads"])
        try:
            self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:  # the daemon lets nobody look into it but root
            self.descriptors = UNKNOWN


class Load(threading.Thread):
    """One client, whose networks nobody else touches."""

    def __init__(self, number, daemon, seed, tally):
        super().__init__()
        self.number, self.daemon, self.tally = number, daemon, tally
        self.draw = random.Random(f"{seed}/{number}")
        self.names = [f"soak-{number}-{i}" for i in range(NAMES_PER_CLIENT)]
        self.held = {}  # name -> value
        self.peerings = set()  # (name, other)
        self.values = itertools.count(1)
        self.client = daemon.client()
        self.calls = 0
        self.end = 0.0
        self.trouble = []

    def run(self):
        moves = [self.put] * 4 + [self.read] * 6 + [self.delete, self.peer, self.unpeer, self.listing,
                                                    self.mistake, self.abort_body, self.abort_answer, self.reconnect]
        try:
            while time.monotonic() < self.end:
                self.draw.choice(moves)()
        except (OSError, http.client.HTTPException) as error:
            self.trouble.append(f"client {self.number}: {error!r}")
        finally:
            self.client.close()

    def check(self, holds, complaint):
        if not holds:
            self.trouble.append(f"client {self.number}: {complaint}")

    def call(self, method, path, body=None, headers=None):
        self.calls += 1
        reply = self.client.call(method, path, body, headers)
        self.check(reply.status < 500, f"{method} {path}: {reply}")
        return reply

    def prefix(self, name):
        """Networks of one client do not overlap, so they can be peered."""
        return f"10.{self.number}.{self.names.index(name)}.0/24"

    def body(self, name, value):
        body = body_of(name, value)
        body["properties"]["addressSpace"]["addressPrefixes"] = [self.prefix(name)]
        body["properties"]["subnets"][0]["properties"]["addressPrefix"] = self.prefix(name)
        return body

    def put(self):
        name = self.draw.choice(self.names)
        value = next(self.values)
        reply = self.call("PUT", path_of(name), self.body(name, value))
        self.check(reply.done, f"{name} := {value}: {reply}")
        self.held[name] = value

    def read(self):
        name = self.draw.choice(self.names)
        reply = self.call("GET", path_of(name))
        found = value_of(reply.json()) if reply.status == 200 else None
        self.check(found == self.held.get(name), f"{name} is {found}, but {self.held.get(name)} was written")

    def delete(self):
        name = self.draw.choice(self.names)
        reply = self.call("DELETE", path_of(name))
        is_peered = any(name in peering for peering in self.peerings)
        self.check(reply.done or (is_peered and reply.status == 409), f"DELETE {name}: {reply}")
        if reply.done:
            self.held.pop(name, None)
            self.peerings = {peering for peering in self.peerings if name not in peering}

    def peer(self):
        name, other = self.draw.sample(self.names, 2)
        if name not in self.held or other not in self.held:
            return
        body = {"properties": {"remoteVirtualNetwork": {"resourceRef": f"/virtualNetworks/{other}"},
                               "allowVirtualNetworkAccess": True, "allowForwardedTraffic": self.draw.random() < 0.5}}
        reply = self.call("PUT", f"{path_of(name)}/virtualNetworkPeerings/to-{other}", body)
        self.check(reply.done, f"{name} peers with {other}: {reply}")
        self.peerings.add((name, other))

    def unpeer(self):
        if self.peerings:
            name, other = self.draw.choice(sorted(self.peerings))
            self.check(self.call("DELETE", f"{path_of(name)}/virtualNetworkPeerings/to-{other}").done, "no peering to delete")
            self.peerings.discard((name, other))

    def listing(self):
        self.calls += 1
        mine = {item["resourceId"]: value_of(item) for item in self.client.every_item(NETWORKS)
                if item["resourceId"] in self.names}
        self.check(mine == self.held, f"the list has {mine}, but {self.held} was written")

    def mistake(self):
        method, path, body, headers, status = self.draw.choice(MISTAKES)
        self.calls += 1
        connection = self.client.connection
        connection.request(method, path, body=body, headers={"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read()
        self.check(answer.status == status, f"{method} {path} {body} is answered {answer.status} {text[:200]}, not {status}")

    def abort_body(self):
        with self.socket() as raw:
            whole = json.dumps(self.body(self.names[0], 0)).encode()
            raw.sendall(b"PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                        % (path_of(self.names[0]).encode(), len(whole)) + whole[:self.draw.randrange(len(whole))])

    def abort_answer(self):
        with self.socket() as raw:
            raw.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % NETWORKS.encode())

    def socket(self):
        self.calls += 1
        return socket.create_connection(("127.0.0.1", self.daemon.port), timeout=10)

    def reconnect(self):
        self.client.close()


def slope(samples):
    """Least squares over [(x, y)]: how much y grows with x."""
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


class Soak:
    def __init__(self, options, daemon, tally):
        self.options, self.daemon, self.tally = options, daemon, tally
        self.samples = []  # (calls, usage)

    def usage(self):
        return Usage(self.daemon.process.pid)

    def run(self):
        self.daemon.start()
        with contextlib.closing(self.daemon.client()) as client:
            for _ in range(WARM_UP_CALLS):
                client.call("GET", NETWORKS)
        self.settle(None)
        base = self.usage()
        loads = [Load(number, self.daemon, self.options.seed, self.tally) for number in range(self.options.clients)]
        end = time.monotonic() + self.options.seconds
        for load in loads:
            load.end = end
            load.start()
        while any(load.is_alive() for load in loads):
            self.samples.append((sum(load.calls for load in loads), self.usage()))
            time.sleep(SAMPLE_SECONDS)
        for load in loads:
            load.join()
            for trouble in load.trouble:
                self.tally.check(False, trouble)
            self.tally.check(load.calls > 0, f"client {load.number} did nothing")
        self.settle(base)
        self.judge(base, sum(load.calls for load in loads))
        self.tally.check(self.daemon.stop() == 0, f"the daemon did not end well:\n{self.daemon.last_words()}")

    def settle(self, base):
        """Until connections that clients have left are gone; without a base line, until nothing changes."""
        end = time.monotonic() + SETTLE_SECONDS_MAX
        before, now = None, self.usage().descriptors
        while now != before if base is None else now > base.descriptors:
            if time.monotonic() > end:
                return
            time.sleep(0.1)
            before, now = now, self.usage().descriptors

    def judge(self, base, calls):
        after = self.usage()
        for what in ("descriptors", "threads"):
            was, now = getattr(base, what), getattr(after, what)
            self.tally.check(now <= was, f"{was} {what} before, {now} afterwards")
        late = [(count, usage.memory_kib) for count, usage in self.samples[len(self.samples) // 3:]]
        growth = slope(late) * 1000
        grown = late[-1][1] - late[0][1]
        print(f"{calls} calls of {self.options.clients} clients; "
              f"memory {base.memory_kib} KiB before, {after.memory_kib} KiB after, {growth:.1f} KiB each 1000 calls in the last "
              f"two thirds; {after.descriptors} descriptors, {after.threads} threads")
        if after.descriptors == UNKNOWN:
            print("skipped: descriptors are counted by root only")
        if self.options.slope_max is not None:
            self.tally.check(growth <= self.options.slope_max, f"memory grows by {growth:.1f} KiB each 1000 calls")
        self.tally.check(grown <= self.options.growth_max, f"memory grew by {grown} KiB in the last two thirds")
        if self.options.samples:
            with open(self.options.samples, "w", encoding="ascii") as file:
                file.write("calls,memory_kib,descriptors,threads\n")
                for count, usage in self.samples:
                    file.write(f"{count},{usage.memory_kib},{usage.descriptors},{usage.threads}\n")


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--slope-max", type=float, help="KiB each 1000 calls in the last two thirds; else not checked")
    parser.add_argument("--growth-max", type=float, default=32 * 1024, help="KiB in the last two thirds (default %(default)s)")
    parser.add_argument("--samples", metavar="FILE", help="write what was measured there")
    options = parser.parse_args(argv)
    command = daemon_command(options)
    tally = Tally("soak")
    with tempfile.TemporaryDirectory(prefix="isthmus-soak-") as folder:
        daemon = Daemon(command, folder)
        try:
            Soak(options, daemon, tally).run()
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            tally.check(False, f"{error!r}")
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

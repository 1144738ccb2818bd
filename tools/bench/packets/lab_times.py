#!/usr/bin/env python3
"""Times of a lab with real packets: 100 machines up and down, and a peering that comes into force among 1,000 networks.

Prints a line for each on standard error, and medians in milliseconds as JSON, which `packets_bench.py --also` puts into its
table. The daemon is one of its own, with its state on disk; up and down are whole runs of `isthmus lab`, from its start to its
end. Of the peering it is the time from the request for its second side to the first reply that comes through, of pings that
are sent every 0.2 ms.
"""
import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests/clients"))
os.environ.setdefault("ISTHMUS", os.path.join(TOP, "build/release/bin/isthmus"))

from lab_life import Lab, result_of  # noqa: E402  the way to them is above
from nc_daemon import NETWORKS, Daemon  # noqa: E402

MACHINES, NETWORKS_IN_ALL, PEERINGS_MAX = 100, 1000, 500
PING_INTERVAL_S = 0.0002
REST_S = 1  # for the kernel to clear up behind the machines


def lab_document(networks, peerings, machines):
    lines = ["version: 1", "networks:"]
    lines += [f"  {name}: {{prefixes: [{prefix}], subnets: {{s: {prefix}}}}}" for name, prefix in networks]
    lines += ["peerings:", *(f"  - {{between: [{a}, {b}]}}" for a, b in peerings)] if peerings else []
    lines += ["vms:", *(f"  {name}: {{at: {network}/s}}" for name, network in machines)]
    return "\n".join(lines) + "\n"


def hundred_machines():
    networks = [("red", "10.1.0.0/24"), ("blue", "10.2.0.0/24")]
    return lab_document(networks, [("red", "blue")], [(f"vm{i}", networks[i % 2][0]) for i in range(MACHINES)])


def thousand_networks():
    """Hubs with their spokes, as many as a network may have peerings, and two networks that are about to be peered."""
    names = [f"net{i}" for i in range(NETWORKS_IN_ALL - 2)]
    networks = [(name, f"10.{i // 256}.{i % 256}.0/24") for i, name in enumerate(names)]
    networks += [("left", "10.100.0.0/24"), ("right", "10.101.0.0/24")]
    peerings = [(names[i - i % PEERINGS_MAX], name) for i, name in enumerate(names) if i % PEERINGS_MAX > 0]
    return lab_document(networks, peerings, [("left1", "left"), ("right1", "right")])


class World:
    def __init__(self, folder, document):
        self.folder = folder
        self.daemon = Daemon([os.path.join(TOP, "build/release/bin/isthmusd"), "--wires", os.path.join(folder, "wires"),
                              "--log-level", "warn"], folder)
        self.daemon.start()
        self.lab = Lab(f"http://127.0.0.1:{self.daemon.port}")
        self.document = os.path.join(folder, "lab.yaml")
        with open(self.document, "w", encoding="utf-8") as file:
            file.write(document)

    def run(self, *words):
        done = self.lab.run(*words)
        if done.returncode != 0:
            raise RuntimeError(f"isthmus {' '.join(words)}: {done.stderr}")
        return done

    def timed(self, *words):
        began = time.monotonic()
        self.run(*words)
        return (time.monotonic() - began) * 1000

    def close(self):
        self.lab.run("lab", "down")
        self.daemon.kill()


@contextlib.contextmanager
def world(document):
    with tempfile.TemporaryDirectory() as folder:
        made = World(folder, document)
        try:
            yield made
        finally:
            made.close()


def up_and_down(repetitions):
    with world(hundred_machines()) as made:
        times = []
        for _ in range(repetitions):
            made.run("reset")
            times.append((made.timed("lab", "up", made.document), made.timed("lab", "down")))
            time.sleep(REST_S)
        return zip(*times)


def peering_in_force(repetitions):
    with world(thousand_networks()) as made:
        made.run("lab", "up", made.document)
        address = next(one["address"] for one in made.lab.json("lab", "status") if one["name"] == "right1")
        with contextlib.closing(made.daemon.client()) as client:
            return [in_force(made, client, address) for _ in range(repetitions)]


def in_force(made, client, address):
    def call(method, local, remote):
        body = {"properties": {"remoteVirtualNetwork": {"resourceRef": f"/virtualNetworks/{remote}"}}} if method == "PUT" else None
        reply = client.call(method, f"{NETWORKS}/{local}/virtualNetworkPeerings/to-{remote}", body)
        if not reply.done and reply.status != 404:
            raise RuntimeError(f"{method} of a peering: {reply}")
    call("DELETE", "left", "right")
    call("DELETE", "right", "left")
    call("PUT", "left", "right")
    pinger = made.lab.inside("left1", "ping", address, 5000, PING_INTERVAL_S, 0.2)
    time.sleep(0.5)
    asked = time.monotonic()
    call("PUT", "right", "left")
    through = min(sent + took for sent, took in result_of(pinger) if took is not None)
    return (through - asked) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    if reason := why_not():
        print(f"skipped: {reason}", file=sys.stderr)
        return 77
    up, down = up_and_down(options.repetitions)
    figures = {f"{MACHINES} machines up": up, f"{MACHINES} machines down": down,
               f"one peering in force at {NETWORKS_IN_ALL:,} networks": peering_in_force(options.repetitions)}
    for title, times in figures.items():
        print(f"{title}: {statistics.median(times):.1f} ms ({min(times):.1f} to {max(times):.1f})", file=sys.stderr)
    print(json.dumps({title: statistics.median(times) for title, times in figures.items()}))
    return 0


def why_not():
    """Why no machine can be had here; None where one can."""
    done = subprocess.run([os.environ["ISTHMUS"], "-o", "json", "lab", "doctor"], capture_output=True, text=True, check=False)
    return next((check["detail"] for check in json.loads(done.stdout) if check["check"] == "machine" and check["result"] != "ok"), None)


if __name__ == "__main__":
    sys.exit(main())

"""Kills the daemon again and again while clients write, and compares what it holds with what it acknowledged.

After each kill -9 and restart: every acknowledged change is there, with its etag; a change in flight is there wholly or
not at all; the list, the single resources and their children agree; nothing else exists. Some kills come while the
daemon still starts. At the end it is asked to stop, and must hold the same after that too.

A kill alone shows no missing sync, since the system keeps what the process wrote. So with --power-failures, as root, the state
lies on a file system of its own that loses its power at the kill; tests/clients/power_failure.py says how.

    crash_loop.py --daemon build/release/bin/isthmusd --kills 100
    crash_loop.py --daemon build/release/bin/isthmusd --kills 0 --power-failures 50 --filesystem ext4 --filesystem xfs
"""
import http.client
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time

import power_failure
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

IDS_PER_WRITER = 4
DELETE_SHARE = 0.2
STARTUP_KILL_SHARE = 0.15
WRITING_SECONDS = (0.01, 0.4)
STARTING_SECONDS = (0.0, 0.06)
SUBNET = "counter"
ABSENT = (None, None)  # the value and the etag of what does not exist


def path_of(name):
    return f"{NETWORKS}/{name}"


def body_of(name, value):
    """The value stands in the network's row twice, and in the row of its subnet."""
    prefix = f"10.{value >> 8 & 255}.{value & 255}.0/24"
    return {
        "resourceId": name,
        "resourceMetadata": {"client": "crash_loop", "resourceName": str(value)},
        "tags": {"value": str(value)},
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/8"]},
            "subnets": [{"resourceId": SUBNET, "properties": {"addressPrefix": prefix}}],
        },
    }


class HalfWritten(Exception):
    pass


def value_of(network):
    try:
        value = int(network["tags"]["value"])
        whole = body_of(network["resourceId"], value)
        subnets = [(s["resourceId"], s["properties"]["addressPrefix"]) for s in network["properties"]["subnets"]]
        expected = [(s["resourceId"], s["properties"]["addressPrefix"]) for s in whole["properties"]["subnets"]]
        agrees = network["resourceMetadata"]["resourceName"] == str(value) and subnets == expected
    except (KeyError, TypeError, ValueError) as error:
        raise HalfWritten(f"{error!r} in {network}") from error
    if not agrees:
        raise HalfWritten(network)
    return value


class Writers:
    """Threads that each write networks of their own until the daemon goes away.

    `held` is what is acknowledged; `in_flight` what was sent and not answered. The threads write to keys of their own,
    and the main thread looks only after they have ended.
    """

    def __init__(self, count, seed, tally):
        self.count, self.tally = count, tally
        self.randoms = [random.Random(f"{seed}/{writer}") for writer in range(count)]
        self.values = itertools.count(1)
        self.held, self.in_flight = {}, {}
        self.power_is_out = threading.Event()
        self.acknowledged = [0] * count

    def run_while(self, daemon, end):
        """Writes while `end` runs, which ends the daemon."""
        self.in_flight = {}
        self.power_is_out.clear()
        threads = [threading.Thread(target=self.write, args=(writer, daemon)) for writer in range(self.count)]
        for thread in threads:
            thread.start()
        end()
        for thread in threads:
            thread.join()

    def write(self, writer, daemon):
        client = daemon.client()
        while self.change(writer, client):
            pass

    def change(self, writer, client):
        draw = self.randoms[writer]
        name = f"crash-{writer}-{draw.randrange(IDS_PER_WRITER)}"
        value = None if draw.random() < DELETE_SHARE else next(self.values)
        self.in_flight[name] = value
        try:
            reply = self.send(client, name, value)
        except (OSError, http.client.HTTPException):
            return False
        if self.power_is_out.is_set():  # where it really fails, nobody answers after that
            return False
        if reply.status >= 500:  # not acknowledged: it may have happened or not
            return False
        self.tally.check(reply.done, f"{name} := {value} was answered {reply}")
        if not reply.done:
            return False
        self.held[name] = ABSENT if value is None else (value, reply.etag)
        del self.in_flight[name]
        self.acknowledged[writer] += 1
        return True

    @staticmethod
    def send(client, name, value):
        if value is None:
            return client.call("DELETE", path_of(name))
        return client.call("PUT", path_of(name), body_of(name, value))


class Inspector:
    """Compares a restarted daemon with what the writers know, and teaches them what became of the rest."""

    def __init__(self, client, writers, tally, when):
        self.client, self.writers, self.tally, self.when = client, writers, tally, when

    def inspect(self):
        found = {}
        for name in sorted({*self.writers.held, *self.writers.in_flight}):
            network = self.read(name)
            if network is not None:
                found[name] = network
        self.compare_list(found)
        self.writers.in_flight = {}

    def check(self, holds, complaint):
        self.tally.check(holds, f"{self.when}: {complaint}")

    def read(self, name):
        """The network as GET gives it, after comparing it; None when there is none, or none that makes sense."""
        reply = self.client.call("GET", path_of(name))
        if reply.status == 404:
            self.judge(name, *ABSENT)
            return None
        self.check(reply.status == 200, f"GET {name} is answered {reply}")
        if reply.status != 200:
            return None
        network = reply.json()
        try:
            self.judge(name, value_of(network), reply.etag)
        except HalfWritten as error:
            self.check(False, f"{name} is half written: {error}")
            return None
        self.compare_child(name, network)
        return network

    def judge(self, name, value, etag):
        held, held_etag = self.writers.held.get(name, ABSENT)
        in_flight = name in self.writers.in_flight
        arrived = in_flight and value == self.writers.in_flight[name]
        self.check(value == held or arrived, f"{name} is {value}, but {held} was acknowledged")
        if value is not None and not in_flight:
            self.check(etag == held_etag, f"{name} has the etag {etag}, but {held_etag} was acknowledged")
        self.writers.held[name] = (value, etag)

    def compare_child(self, name, network):
        reply = self.client.call("GET", f"{path_of(name)}/subnets/{SUBNET}")
        inline = network["properties"]["subnets"][0]["properties"]["addressPrefix"]
        same = reply.status == 200 and reply.json()["properties"]["addressPrefix"] == inline
        self.check(same, f"the subnet of {name} is {inline} in its network, and by itself {reply}")

    def compare_list(self, found):
        listed = [item for item in self.client.every_item(NETWORKS) if item["resourceId"].startswith("crash-")]
        by_name = {item["resourceId"]: item for item in listed}
        self.check(len(by_name) == len(listed), "the list names a network twice")
        self.check(by_name == found, f"list and GET differ in {sorted(differences(by_name, found))}")


def differences(one, other):
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}


class Loop:
    """Kills, or power failures where the state lies on a file system that has them."""

    def __init__(self, options, command, folder, file_system=None):
        self.options, self.file_system = options, file_system
        self.count = options.power_failures if file_system else options.kills
        self.name = f"power failures of {file_system.kind}" if file_system else "kills"
        self.daemon = Daemon(command, folder)
        self.draw = random.Random(options.seed)
        self.tally = Tally(f"crash_loop, {self.name}")
        self.writers = Writers(options.writers, options.seed, self.tally)
        self.slowest_start_s = 0.0
        self.done = 0

    def run(self):
        began = time.monotonic()
        try:
            self.start()
            while self.done < self.count and time.monotonic() - began < self.options.seconds_max:
                self.crash_while_writing()
            self.stop_and_start()
        except (RuntimeError, OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            self.tally.check(False, f"after {self.done} {self.name}: {error!r}")
        finally:
            self.daemon.kill()
        self.report(time.monotonic() - began)
        return self.tally.finish()

    def start(self):
        self.slowest_start_s = max(self.slowest_start_s, self.daemon.start())

    def crash_after(self, seconds):
        time.sleep(self.draw.uniform(*seconds))  # the random moment is the test
        if self.file_system:
            self.writers.power_is_out.set()
            self.file_system.fail()
        self.daemon.kill()
        self.done += 1

    def crash_while_writing(self):
        self.writers.run_while(self.daemon, lambda: self.crash_after(WRITING_SECONDS))
        self.repair()
        if self.draw.random() < STARTUP_KILL_SHARE:
            self.daemon.spawn()
            self.crash_after(STARTING_SECONDS)
            self.repair()
        self.start()
        self.inspect(f"after {self.done} {self.name}")

    def repair(self):
        if self.file_system:
            self.file_system.come_back()

    def stop_and_start(self):
        status = []
        self.writers.run_while(self.daemon, lambda: status.append(self.daemon.stop()))
        self.tally.check(status == [0], f"a daemon that was asked to stop ended with {status}")
        self.start()
        self.inspect("after a stop")

    def inspect(self, when):
        Inspector(self.daemon.client(), self.writers, self.tally, when).inspect()

    def report(self, seconds):
        acknowledged = sum(self.writers.acknowledged)
        self.tally.check(acknowledged > self.done, f"only {acknowledged} changes were acknowledged: nothing is shown")
        if self.done < self.count:
            print(f"stopped after {seconds:.0f} s, before all {self.count} {self.name}")
        print(f"{self.done} {self.name}, {acknowledged} changes acknowledged by {self.options.writers} writers, "
              f"slowest start {self.slowest_start_s * 1000:.0f} ms, {seconds:.0f} s")


def power_failures(options, command, kind, folder):
    try:
        with power_failure.file_system(kind, folder) as file_system:
            return Loop(options, command, file_system.folder, file_system).run()
    except power_failure.Unavailable as reason:
        print(f"power failures of {kind}: skipped: {reason}", flush=True)
        return 0


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--power-failures", type=int, default=0, help="of each file system")
    parser.add_argument("--filesystem", action="append", choices=sorted(power_failure.IMAGE_BYTES), help="default ext4")
    parser.add_argument("--seconds-max", type=float, default=600)
    parser.add_argument("--writers", type=int, default=6)
    options = parser.parse_args(argv)
    command = daemon_command(options)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="isthmus-crash-") as folder:
        if options.kills:
            failed += Loop(options, command, folder).run()
        for kind in (options.filesystem or ["ext4"]) if options.power_failures else []:
            failed += power_failures(options, command, kind, folder)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())

"""A life of a lab with real packets, the same for every way in which its networks were made.

Two spokes reach each other through a firewall in the hub; two other networks are peered with each other. A ping a millisecond
goes through the firewall while one side of a peering is taken away and put back, and beside it a stream of datagrams between
the other networks, of which none may be lost. As a program: what other clients made is found at --server.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import time

from nc_daemon import Tally

SKIPPED = 77
STREAM_PER_SECOND = 10_000
STREAM_PORT = 9999
STOPS_WITHIN_SECONDS = 0.1  # the promise; what is sent after the answer must not pass at all
MACHINES = {"db1": "10.2.0.4", "firewall": "10.0.0.4", "left1": "10.8.0.4", "right1": "10.9.0.4", "web1": "10.1.0.4"}
# Who reaches whom by ping; everybody else does not.
REACH = {("db1", "firewall"), ("db1", "web1"), ("firewall", "web1"), ("left1", "right1")}


class Lab:
    """What `isthmus lab` does for the server at `url`."""

    def __init__(self, url):
        self.command = [os.environ["ISTHMUS"], "--server", url]

    def run(self, *words):
        return subprocess.run([*self.command, *words], capture_output=True, text=True, check=False, timeout=60)

    def json(self, *words):
        return json.loads(self.run("-o", "json", *words).stdout)

    def inside(self, machine, method, *arguments):
        """Begins what machine.Inside does in the machine; result_of waits for what it returns."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "machine.py")
        return subprocess.Popen([*self.command, "lab", "exec", machine, "--", sys.executable, script, method,
                                 *map(json.dumps, arguments)], stdout=subprocess.PIPE, text=True)

    def inside_program(self, machine, text, *words):
        """Begins a program in Python in the machine, and waits for its first line."""
        program = subprocess.Popen([*self.command, "lab", "exec", machine, "--", sys.executable, "-c", text, *words],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        program.stdout.readline()
        return program

    def why_not(self):
        """Why no machine can be had here; None where one can."""
        checks = self.json("lab", "doctor")
        missing = [check["detail"] for check in checks if check["result"] != "ok"]
        return "; ".join(missing) or None

    def matrix(self, tally):
        """The pairs that reach each other, by a ping each; every one has to be as the tables predict."""
        done = self.run("-o", "json", "lab", "ping", "--all")
        pairs = json.loads(done.stdout)
        odd = [pair for pair in pairs if not pair["agrees"]]
        tally.check(done.returncode == 0 and not odd, f"the wires are not as the tables predict: {odd[:5]} {done.stderr}")
        return {(pair["from"], pair["to"]) for pair in pairs if pair["wire"] == "reach"}


def result_of(process):
    return json.loads(process.communicate(timeout=60)[0].splitlines()[-1])


def comes_up(lab, tally):
    up = lab.run("-o", "json", "lab", "up", "--wait")
    tally.check(up.returncode == 0, f"lab up: {up.stderr}")
    machines = {machine["name"]: machine["address"] for machine in json.loads(up.stdout)}
    tally.check(machines == MACHINES, f"the machines are {machines}")
    print(up.stderr.strip())
    ping = lab.run("lab", "exec", "web1", "--", "ping", "-c3", "-i0.2", MACHINES["db1"])
    tally.check(ping.returncode == 0 and ping.stdout.count("ttl=61") == 3, f"ping through the firewall: {ping.stdout}")


def breaks_and_mends(lab, tally, take_away, put_back, seconds):
    count = (seconds + 1) * STREAM_PER_SECOND
    receiver = lab.inside("right1", "receive", STREAM_PORT, count, 5)
    receiver.stdout.readline()
    stream = lab.inside("left1", "stream", MACHINES["right1"], STREAM_PORT, count, STREAM_PER_SECOND)
    pinger = lab.inside("web1", "ping", MACHINES["db1"], seconds * 1000, 0.001, 2)
    time.sleep(0.7)
    begins_to_go = time.monotonic()
    take_away()
    gone = time.monotonic()
    time.sleep(0.5)
    begins_to_come = time.monotonic()
    put_back()
    back = time.monotonic()
    pings = result_of(pinger)
    for phase, first, last, passes in (("before", 0, begins_to_go, True), ("taken away", gone, begins_to_come, False),
                                       ("put back", back, time.monotonic(), True)):
        sent = [took for at, took in pings if first < at < last - STOPS_WITHIN_SECONDS]
        wrong = sum((took is not None) != passes for took in sent)
        print(f"a ping a millisecond, {phase}: {len(sent) - wrong} of {len(sent)} {'answered' if passes else 'not answered'}")
        tally.check(len(sent) > 100 and wrong == 0, f"{phase}: {wrong} of {len(sent)} pings went otherwise")
    sent, came = result_of(stream), result_of(receiver)
    print(f"between the other networks, {STREAM_PER_SECOND} a second: {came} of {sent} datagrams came")
    tally.check(came == sent, f"{sent - came} of {sent} datagrams of another peering were lost")


def goes_down(lab, tally):
    down = lab.run("lab", "down")
    print(down.stderr.strip())
    tally.check(down.returncode == 0 and down.stderr.startswith("5 machines down"), f"lab down: {down.stderr}")
    tally.check("no lab is up" in lab.run("lab", "status").stderr, "nothing is left")
    tally.check(lab.run("lab", "down").returncode == 0, "down twice is no mistake")


def live(lab, tally, take_away, put_back, seconds=3):
    """`seconds` is how long the pings go on: `take_away` and `put_back` have to be done by then."""
    comes_up(lab, tally)
    reach = lab.matrix(tally)
    expected = REACH | {(to, origin) for origin, to in REACH}
    tally.check(reach == expected, f"too much {reach - expected}, too little {expected - reach}")
    breaks_and_mends(lab, tally, take_away, put_back, seconds)
    tally.check(lab.matrix(tally) == expected, "mended, all is as before")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--take-away", required=True, help="a command that deletes one side of a peering of the firewall's")
    parser.add_argument("--put-back", required=True, help="a command that makes it again")
    parser.add_argument("--seconds", type=int, default=3, help="how long the pings go on")
    options = parser.parse_args()
    lab, tally = Lab(options.server), Tally("lab")
    if reason := lab.why_not():
        print(f"skipped: {reason}")
        return SKIPPED
    try:
        live(lab, tally, *(lambda words=words: subprocess.run(shlex.split(words), check=True)
                           for words in (options.take_away, options.put_back)), options.seconds)
    finally:
        goes_down(lab, tally)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

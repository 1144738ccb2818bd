"""What is measured between the two machines of a contender. Each figure is one number of one repetition."""
import contextlib
import json
import os
import subprocess
import time

from namespaces import Failed

PORT = 5201
SLACK_SECONDS = 10  # beyond what a measurement is to take
REST_US = 1000  # between pings that are to find everybody asleep
SHORT_STREAM = "400M"  # bytes: a quarter of a second
UDP_PAYLOAD_BYTES = 18  # with its headers and the frame's checksum 64 bytes, the smallest frame


@contextlib.contextmanager
def waiting(namespace, *command, ready):
    """A process that has said that it is ready; in the end it has to end by itself."""
    process = namespace.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for line in process.stdout:
            if line.startswith(ready):
                break
        else:
            raise Failed(f"{command[0]} has ended with {process.wait()}")
        yield process
    finally:
        if process.poll() is None and not ended(process):
            process.kill()
        process.wait()
        process.stdout.close()


def ended(process):
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(1) is not None
    return False


def iperf3(contender, seconds, family=4, size=None):
    """What iperf3 says of one stream, as its JSON has it: for so long, or of so many bytes, as in 400M."""
    address = contender.server.host(family)
    much = ("-n", size) if size else ("-t", str(max(1, round(seconds))))
    with waiting(contender.server, "iperf3", "-s", "-1", "-p", str(PORT), "--forceflush", ready="Server listening"):
        said = contender.client.run("iperf3", "-c", address, "-p", str(PORT), *much, "-J", seconds=seconds + SLACK_SECONDS)
    return json.loads(said)["end"]


class Load:
    """isthmus-load in the two machines."""

    def __init__(self, program):
        self.program = program

    def words(self, *words):
        return [self.program, *map(str, words)]

    def tcp(self, contender, seconds, size=None):
        return iperf3(contender, seconds, size=size)["sum_received"]["bits_per_second"] / 1e9

    def short_tcp(self, contender, seconds):
        return self.tcp(contender, seconds, SHORT_STREAM)

    def round_trips(self, contender, seconds):
        with waiting(contender.server, *self.words("serve", PORT), ready="ready"):
            said = contender.client.run(*self.words("round-trips", contender.server.host(), PORT, seconds / 2))
        return json.loads(said)["per_second"] / 1e3

    def ping(self, contender, seconds, interval_us=0):
        """One after the other; with an interval everybody has gone to sleep in between."""
        said = json.loads(contender.client.run(*self.words("ping", contender.server.host(), seconds / 2, interval_us)))
        if said["per_second"] == 0:
            raise Failed(f"none of {said['lost']} pings was answered")
        return said["p50_us"]

    def rested_ping(self, contender, seconds):
        return self.ping(contender, seconds, REST_US)

    def udp(self, contender, seconds):
        with waiting(contender.server, *self.words("receive", PORT), ready="ready") as receiver:
            contender.client.run(*self.words("send", contender.server.host(), PORT, UDP_PAYLOAD_BYTES, seconds / 2))
            return json.loads(receiver.stdout.read())["per_second"] / 1e3


class Figure:
    """One that is for pairs is measured only of two contenders that a ratio is about, many times."""

    def __init__(self, key, title, measure, one_core, is_for_pairs):
        self.key, self.title, self.measure = key, title, measure
        self.one_core, self.is_for_pairs = one_core, is_for_pairs


def figures(load):
    """In the order of the columns. On one core: who sends, who forwards and who receives share it."""
    rows = (("tcp", "TCP one stream, Gbit/s", load.tcp), ("rr", "TCP_RR, thousands/s", load.round_trips),
            ("ping", "ping p50, us", load.ping),
            ("rested-ping", "ping p50 where one is sent each ms, us", load.rested_ping), ("udp", "UDP 64 B received, thousands/s", load.udp),
            ("short-tcp", f"TCP one stream of {SHORT_STREAM}B, Gbit/s", load.short_tcp))
    return [Figure(f"{key}-1" if one_core else key, title, measure, one_core, key == "short-tcp") for key, title, measure in rows
            for one_core in (False, True)]


@contextlib.contextmanager
def placed(contender, one_core):
    """Where it all runs: on every processor of this process, or on the first of them."""
    every = os.sched_getaffinity(0)
    cpus = {min(every)} if one_core else every
    contender.stay_on(cpus)
    os.sched_setaffinity(0, cpus)  # and so of every process that starts
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


class Samples:
    """By figure and contender, a value for each repetition: None where it failed, and then why."""

    def __init__(self):
        self.values, self.failures = {}, {}

    def of(self, figure, contender):
        return self.values.setdefault((figure, contender), [])

    def take(self, figure, contender, seconds):
        try:
            with placed(contender, figure.one_core):
                value = figure.measure(contender, seconds)
        except Failed as failure:
            self.failures.setdefault((figure.key, contender.name), str(failure))
            value = None
        self.of(figure.key, contender.name).append(value)


def measure(samples, contenders, wanted, repetitions, seconds, tell):
    """Contenders take turns within each repetition, so that a disturbance meets all of them, in one order and then in the other."""
    for repetition in range(repetitions):
        began = time.monotonic()
        turns = contenders if repetition % 2 == 0 else contenders[::-1]
        for figure in wanted:
            for contender in turns:
                samples.take(figure, contender, seconds)
        tell(f"repetition {repetition + 1} of {repetitions}: {time.monotonic() - began:.0f} s")

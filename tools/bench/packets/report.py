"""The table of a run, its ratios beside what is asked for, and the same as JSON."""
import os
import platform
import re
import statistics
import subprocess
import time


class Ratio:
    """Ours over a peer's in one figure, of repetitions side by side. `must` and `aim` are least values, or most where less is better.

    `times`: so many times the repetitions of others, where a few cannot tell the difference that is asked about. Two streams
    one after the other differ by a tenth: the median of 200 pairs is known to a hundredth.
    """

    def __init__(self, title, figure, ours, peer, must, aim=None, less_is_better=False, times=1):
        self.title, self.figure, self.ours, self.peer = title, figure, ours, peer
        self.must, self.aim, self.less_is_better, self.times = must, aim, less_is_better, times

    def of(self, samples):
        pairs = zip(samples.of(self.figure, self.ours), samples.of(self.figure, self.peer))
        return [ours / peer for ours, peer in pairs if ours and peer]

    def reaches(self, value, bound):
        return value <= bound if self.less_is_better else value >= bound

    def verdict(self, value):
        if self.aim is not None and self.reaches(value, self.aim):
            return "aim"
        return "must" if self.reaches(value, self.must) else "MISSED"

    def bound(self, value):
        return "" if value is None else f"{'<=' if self.less_is_better else '>='} {value:g}"


RATIOS = [
    Ratio("TCP one stream through a peering / bridge + router", "tcp", "isthmus", "router", 0.75, 0.9),
    Ratio("the same on one core", "tcp-1", "isthmus", "router", 0.75, 0.9),
    Ratio("TCP one stream through a peering / OVN default", "tcp", "isthmus", "ovn", 10),
    Ratio("TCP one stream through a peering / OVS with userspace-tso", "tcp", "isthmus", "ovs-tso", 1.0),
    Ratio("TCP_RR two cores / OVN", "rr", "isthmus", "ovn", 2, 2.5),
    Ratio("TCP_RR one core / OVN", "rr-1", "isthmus", "ovn", 1.8, 2.5),
    Ratio("ping p50 / OVN", "ping", "isthmus", "ovn", 0.4, 0.3, less_is_better=True),
    Ratio("UDP 64 B received / OVN", "udp", "isthmus", "ovn", 1.2, 1.5),
    Ratio("UDP 64 B received / with io_uring off", "udp", "isthmus", "isthmus-singly", 1, 1.5),
    Ratio("between peered networks / inside one network: TCP", "short-tcp", "isthmus", "isthmus-inside", 0.98, times=40),
    Ratio("the same on one core", "short-tcp-1", "isthmus", "isthmus-inside", 0.98, times=40),
    Ratio("between peered networks / inside one network: ping p50", "ping", "isthmus", "isthmus-inside", 1.05, less_is_better=True, times=3),
]


class Time:
    """Milliseconds that another program measures; see --also."""

    def __init__(self, title, must, aim):
        self.title, self.must, self.aim = title, must, aim


TIMES = [Time("100 machines up", 250, 100), Time("100 machines down", 400, 100),
         Time("one peering in force at 1,000 networks", 10, 3)]


def known(values):
    return [value for value in values if value is not None]


def number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def spread(values):
    """Median, and in brackets least and most."""
    values = known(values)
    if not values:
        return "-"
    median = number(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({number(min(values))} to {number(max(values))})"


def table(rows):
    """As Markdown, with columns as wide as what is in them; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def figure_table(contenders, figures, samples, skipped):
    """A row for each figure, a column for each contender."""
    heading = ["", *(contender.title for contender in contenders)]
    rows = [[f"{figure.title}{', one core' if figure.one_core else ''}",
             *(spread(samples.of(figure.key, contender.name)) for contender in contenders)] for figure in figures]
    notes = [f"{contender.title}: left out: {reason}" for contender, reason in skipped]
    notes += [f"{contender}, {figure}: failed: {reason}" for (figure, contender), reason in samples.failures.items()]
    return "\n".join([table([heading, *rows]), *notes])


def ratio_rows(samples, times):
    for ratio in RATIOS:
        values = ratio.of(samples)
        verdict = ratio.verdict(statistics.median(values)) if values else "not measured"
        yield ratio.title, ratio.bound(ratio.must), ratio.bound(ratio.aim), spread(values), verdict
    for asked in TIMES:
        value = times.get(asked.title)
        verdict = "not measured" if value is None else "aim" if value <= asked.aim else "must" if value <= asked.must else "MISSED"
        yield asked.title, f"<= {asked.must} ms", f"{asked.aim} ms", "-" if value is None else f"{value:g} ms", verdict


def ratio_table(samples, times):
    return table([["ours / peer's, of repetitions side by side", "must", "aim", "measured", ""], *map(list, ratio_rows(samples, times))])


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return None


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        found = re.search(r"model name\s*:\s*(.+)", file.read())
    return found.group(1) if found else platform.machine()


def machine():
    """What a figure depends on."""
    return {"date": time.strftime("%Y-%m-%d %H:%M"), "kernel": platform.release(), "processor": processor(),
            "cpus": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0],
            "versions": [line for line in (first_line("iperf3", "--version"), first_line("ovs-vswitchd", "--version"),
                                           first_line("ovn-controller", "--version")) if line]}


def machine_text(before, after):
    return (f"{before['date']}, Linux {before['kernel']}, {before['cpus']} CPUs of {before['processor']}, load {before['load']:.2f} "
            f"before and {after['load']:.2f} after\n{'; '.join(before['versions'])}")


def as_json(run, contenders, figures, samples, skipped, times):
    return {
        "run": run,
        "contenders": [{"name": contender.name, "title": contender.title} for contender in contenders],
        "skipped": [{"name": contender.name, "reason": reason} for contender, reason in skipped],
        "figures": [{"name": figure.key, "title": figure.title, "one_core": figure.one_core,
                     "samples": {contender.name: samples.of(figure.key, contender.name) for contender in contenders}}
                    for figure in figures],
        "failures": [{"figure": figure, "contender": contender, "reason": reason}
                     for (figure, contender), reason in samples.failures.items()],
        "ratios": [{"title": title, "must": must, "aim": aim, "measured": measured, "verdict": verdict}
                   for title, must, aim, measured, verdict in ratio_rows(samples, times)],
    }

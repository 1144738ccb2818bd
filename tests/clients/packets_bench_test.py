"""The benchmark of real packets, short: that it measures ours and a direct veth, tells both as table and JSON, and says what is wrong.

Skipped where no network namespaces are to be had.
"""
import json
import os
import subprocess
import sys

from nc_daemon import Tally

SKIPPED = 77
BENCH = os.path.join(os.environ["ISTHMUS_SOURCE_DIR"], "tools/bench/packets/packets_bench.py")
FIGURES = ("tcp", "tcp-1", "rr", "rr-1", "ping", "ping-1", "rested-ping", "rested-ping-1", "udp", "udp-1")


def run(*words):
    return subprocess.run([sys.executable, BENCH, "--bin", os.path.dirname(os.environ["ISTHMUSD"]), *words], capture_output=True,
                          text=True, timeout=200)


def mistakes_are_told(tally):
    for words, text in ((("--only", "nobody"), "there is no contender nobody"), (("--figures", "none"), "there is no figure none"),
                        (("--repetitions", "0"), "greater than 0"),
                        (("--only", "isthmus", "--figures", "short-tcp"), "of isthmus and isthmus-inside together")):
        done = run(*words)
        tally.check(done.returncode == 2 and text in done.stderr, f"{words}: {done.returncode} {done.stderr}")


def measures(tally):
    with open("also.json", "w", encoding="utf-8") as file:
        json.dump({"100 machines up": 61.5}, file)
    done = run("--quick", "--seconds", "0.2", "--json", "all.json", "--also", "also.json")
    if done.returncode == SKIPPED:
        return done.stdout.strip()
    tally.check(done.returncode == 0, f"{done.returncode}: {done.stdout} {done.stderr}")
    with open("all.json", encoding="utf-8") as file:
        said = json.load(file)
    tally.check(tuple(figure["name"] for figure in said["figures"]) == FIGURES, f"the figures are {said['figures']}")
    for figure in said["figures"]:
        for contender in ("veth", "isthmus", "isthmus-singly"):
            samples = figure["samples"][contender]
            tally.check(len(samples) == 1 and (samples[0] or 0) > 0, f"{contender}, {figure['name']}: {samples}")
    tally.check("61.5 ms | aim" in " ".join(done.stdout.split()), "what others have measured is in the table")
    return None


def is_right_about_frames(tally):
    done = run("--only", "veth", "isthmus", "--transfer", "1")
    if done.returncode == SKIPPED:
        print(done.stdout.strip())
        return
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| Isthmus")]
    tally.check(len(rows) == 2, f"a row for each family: {done.stdout} {done.stderr}")
    for row in rows:  # retransmits depend on what else the machine does: the long run judges them
        name, _, _, largest, mss, _, _, plain_largest, wrong = (cell.strip() for cell in row)
        tally.check(int(largest) > 1500 and int(plain_largest) == 1500, f"{name}: packets of {largest}, without offloads {plain_largest}")
        tally.check(mss in ("1460", "1440") and wrong == "0", f"{name}: MSS {mss}, {wrong} wrong checksums")


def main():
    tally = Tally("packets_bench")
    mistakes_are_told(tally)
    skipped = measures(tally)
    if skipped is None:
        is_right_about_frames(tally)
    status = tally.finish()
    if skipped and status == 0:
        print(skipped)
        return SKIPPED
    return status


if __name__ == "__main__":
    sys.exit(main())

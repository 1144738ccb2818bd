#!/usr/bin/env python3
"""Real packets between two machines: ours beside the kernel, Open vSwitch and OVN, on this machine, in this run.

    packets_bench.py [--bin build/release/bin] [--quick] [--only isthmus ovn] [--figures tcp ping] [--json FILE]

Each contender has two network namespaces as machines, with a kernel's network stack of their own. Figures are medians, with
minimum and maximum, of repetitions in which the contenders take turns. `one core`: who sends, forwards and receives share a
processor; of otherwise idle ones waking up another one is most of what a small packet takes. A contender that is not
installed is left out and says so. Needs namespaces, /dev/net/tun and iperf3; as an ordinary user a user namespace.
"""
import argparse
import json
import os
import sys

import contenders as all_contenders
import namespaces
import report
import transfer
from figures import Load, Samples, figures, measure

QUICK = ("veth", "isthmus", "isthmus-singly")


def tell(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(root, "build/release/bin"), help="where isthmusd and isthmus-load are")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of iperf3; the other measurements take half of it")
    parser.add_argument("--quick", action="store_true", help="that it runs: one repetition of ours, also with io_uring off, and of a direct veth")
    parser.add_argument("--only", nargs="+", metavar="CONTENDER", help="veth, router, ovs, ovs-tso, ovn, isthmus, isthmus-inside, isthmus-singly")
    parser.add_argument("--figures", nargs="+", metavar="FIGURE", help="tcp, rr, ping, rested-ping, udp, short-tcp; with -1 those on one core")
    parser.add_argument("--transfer", type=int, metavar="SECONDS",
                        help="instead: iperf3 for so long, by IPv4 and IPv6, with checksums, retransmits, and sizes from a capture")
    parser.add_argument("--also", metavar="FILE", help='milliseconds of others for the table, as JSON: {"100 machines up": 61.5}')
    parser.add_argument("--json", metavar="FILE", help="all of it, with every sample")
    options = parser.parse_args()
    if options.repetitions < 1 or options.seconds <= 0:
        parser.error("--repetitions and --seconds are greater than 0")
    if options.quick:
        options.only, options.repetitions, options.seconds = options.only or list(QUICK), 1, min(options.seconds, 1)
    options.times = json.load(open(options.also, encoding="utf-8")) if options.also else {}
    return parser, options


def chosen(parser, what, wanted, there, name):
    """Those that are wanted, in their own order; all without a wish."""
    unknown = set(wanted or ()) - {name(one) for one in there}
    if unknown:
        parser.error(f"there is no {what} {', '.join(sorted(unknown))}; there are {', '.join(name(one) for one in there)}")
    return [one for one in there if not wanted or name(one) in wanted]


def come_up(contenders):
    """(those that forward, the others with their reasons)"""
    running, skipped = [], []
    for contender in contenders:
        try:
            contender.up()
            running.append(contender)
        except namespaces.Failed as failure:
            skipped.append((contender, str(failure)))
            tell(f"{contender.title}: {failure}")
    return running, skipped


def measure_closely(samples, running, columns, options):
    """What is nearly equal takes several times as many repetitions, of the two alone."""
    for ratio in report.RATIOS:
        pair = [one for one in running if one.name in (ratio.ours, ratio.peer)]
        column = [one for one in columns if one.key == ratio.figure]
        missing = ratio.times * options.repetitions - len(samples.of(ratio.figure, ratio.ours))
        if ratio.times > 1 and len(pair) == 2 and column:
            tell(f"{missing} repetitions of a pair: {ratio.title}")
            measure(samples, pair, column, missing, options.seconds, lambda _: None)


def main():
    parser, options = arguments()
    load = os.path.join(options.bin, "isthmus-load")
    wanted = chosen(parser, "contender", options.only, all_contenders.all_of(os.path.join(options.bin, "isthmusd")), lambda one: one.name)
    columns = chosen(parser, "figure", options.figures, figures(Load(load)), lambda one: one.key)
    pair = {"isthmus", "isthmus-inside"}
    if all(one.is_for_pairs for one in columns) and (options.quick or not pair <= {one.name for one in wanted}):
        parser.error(f"{' '.join(one.key for one in columns)} is measured of {' and '.join(sorted(pair))} together, and not by --quick")
    if options.quick:
        columns = [one for one in columns if not one.is_for_pairs]
    if not namespaces.is_alone() and (reason := namespaces.why_not()):
        print(f"skipped: {reason}")
        return namespaces.SKIPPED
    namespaces.start_again_alone()

    before = report.machine()
    running, skipped = come_up(wanted)
    if options.transfer:
        return transfer.run([one for one in running if one.has_ipv6], options.transfer)
    samples = Samples()
    measure(samples, running, [one for one in columns if not one.is_for_pairs], options.repetitions, options.seconds, tell)
    if not options.quick:
        measure_closely(samples, running, columns, options)
    after = report.machine()
    print(report.machine_text(before, after), report.figure_table(running, columns, samples, skipped),
          report.ratio_table(samples, options.times), sep="\n\n")
    if options.json:
        run = {**before, "load_after": after["load"], "repetitions": options.repetitions, "seconds": options.seconds}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report.as_json(run, running, columns, samples, skipped, options.times), file, indent=2)
    ours_failed = any(contender.startswith("isthmus") for _, contender in samples.failures) or \
        any(contender.name.startswith("isthmus") for contender, _ in skipped)
    return 1 if ours_failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(namespaces.INTERRUPTED)

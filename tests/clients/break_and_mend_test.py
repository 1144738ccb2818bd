"""Types every command of docs/break-and-mend.md at a terminal and compares what it prints.

Times are not compared, and a line of "..." stands for any lines. ISTHMUS_GOLDEN=rewrite prints the page with what was printed now.
Skipped where no network namespace or TAP device is to be had.
"""
import os
import pty
import re
import subprocess
import sys
import tempfile

from lab_life import SKIPPED, Lab
from nc_daemon import Daemon, Tally, arguments, daemon_command

TOP = os.environ["ISTHMUS_SOURCE_DIR"]
PAGE = os.path.join(TOP, "docs/break-and-mend.md")
INDENT = "    "


def typed(command, environment):
    """What a terminal shows, its lines without blanks at their ends."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not part:
                break
            shown += part
    os.close(ours)
    return [line.rstrip() for line in shown.decode().replace("\r\n", "\n").split("\n") if line.rstrip()]


def without_times(line):
    line = re.sub(r"\d+(\.\d+)?( ?)(ms|us)\b", r"#\2\3", line)
    line = re.sub(r"(rtt min/avg/max/mdev =) [\d./]+", r"\1 #", line)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.+]+", "TIME", line)


def is_as_expected(expected, shown):
    """Line by line; a line of dots stands for any."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(without_times(line)) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(without_times(line) + "\n" for line in shown)) is not None


def commands_of(lines):
    """(number of its line, command, what is expected) for each command of the page."""
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.startswith(f"{INDENT}$ "):
            continue
        at, expected = number - 1, []
        while number < len(lines) and lines[number].startswith(INDENT) and not lines[number].startswith(f"{INDENT}$ "):
            expected.append(lines[number].strip() if lines[number].strip() == "..." else lines[number][len(INDENT):].rstrip())
            number += 1
        yield at, line[len(INDENT) + 2:], expected


def run_all(commands, environment, tally):
    """(number of the line, what was expected, what was shown) of each."""
    done = []
    for at, command, expected in commands:
        shown = typed(command, environment)
        tally.check(is_as_expected([line for line in expected if line], shown),
                    f"line {at + 1}: {command}\nexpected:\n" + "\n".join(expected) + "\nshown:\n" + "\n".join(shown))
        done.append((at, expected, shown))
    return done


def rewritten(lines, done):
    for at, expected, shown in reversed(done):  # from the end, so that lines keep their numbers
        lines[at + 1:at + 1 + len(expected)] = [INDENT + line for line in shown]
    return lines


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("break and mend")
    with tempfile.TemporaryDirectory() as folder, open(PAGE, encoding="utf-8") as page:
        os.chdir(TOP)
        daemon = Daemon([*command, "--wires", os.path.join(folder, "wires")], folder)
        daemon.start()
        url = f"http://127.0.0.1:{daemon.port}"
        lab = Lab(url)
        try:
            if reason := lab.why_not():
                print(f"skipped: {reason}")
                return SKIPPED
            path = os.path.dirname(os.environ["ISTHMUS"]) + ":" + os.environ["PATH"]
            lines = page.read().split("\n")
            done = run_all(commands_of(lines), os.environ | {"PATH": path, "ISTHMUS_SERVER": url}, tally)
        finally:
            lab.run("lab", "down")
            daemon.kill()
    if os.environ.get("ISTHMUS_GOLDEN") == "rewrite":
        print("\n".join(rewritten(lines, done)))
        return 0
    tally.check(tally.passed >= 10, "the page has no ten commands")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

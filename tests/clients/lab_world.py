"""A daemon of a test's own that forwards packets, and the lab before it. Where no network namespace or TAP device is to be
had, the test ends as skipped."""
import contextlib
import os
import sys
import tempfile

from lab_life import SKIPPED, Lab
from nc_daemon import Daemon

API = "/networking/v1"


class World:
    def __init__(self, command, folder, tally):
        self.folder, self.tally = folder, tally
        self.daemon = Daemon([*command, "--wires", os.path.join(folder, "wires")], folder)
        self.start()

    def start(self):
        self.daemon.start()
        self.lab = Lab(f"http://127.0.0.1:{self.daemon.port}")

    def call(self, method, path, properties=None):
        """Of the Network Controller's API."""
        with contextlib.closing(self.daemon.client()) as client:
            reply = client.call(method, API + path, None if properties is None else {"properties": properties})
        self.tally.check(reply.done, f"{method} {path}: {reply}")

    def counters(self):
        with contextlib.closing(self.daemon.client()) as client:
            return client.call("GET", "/_isthmus/v1/counters").json()

    def document(self, text):
        path = os.path.join(self.folder, "lab.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def isthmus(self, *words):
        done = self.lab.run(*words)
        self.tally.check(done.returncode == 0, f"isthmus {' '.join(words)}: {done.stderr}")
        return done


@contextlib.contextmanager
def begin(command, tally, kind=World):
    """From an empty state to `lab down`; nothing is left."""
    with tempfile.TemporaryDirectory() as folder:
        made = kind(command, folder, tally)
        try:
            if reason := made.lab.why_not():
                print(f"skipped: {reason}")
                sys.exit(SKIPPED)
            yield made
        finally:
            made.lab.run("lab", "down", "--wires", os.path.join(folder, "wires"))
            made.daemon.kill()

"""Starts and ends an isthmusd of its own, and speaks to it as a client of the Network Controller API.

The daemon is $ISTHMUSD, or what --daemon names. It listens on a free port of the loopback, which it writes to a file.
"""
import argparse
import contextlib
import http.client
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

NETWORKS = "/networking/v1/virtualNetworks"
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def done(self):
        return 200 <= self.status < 300

    @property
    def etag(self):
        return self.headers.get("etag")

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:200].decode(errors='replace')}"


class Client:
    """One keep-alive connection, of one thread."""

    def __init__(self, port, timeout_s=10):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def call(self, method, path, body=None, headers=None):
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.connection.request(method, path, body=content, headers=headers)
        answer = self.connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def close(self):
        self.connection.close()

    def every_item(self, path):
        """The items of a collection, over all its pages."""
        items = []
        while path:
            reply = self.call("GET", path)
            if reply.status != 200:
                raise RuntimeError(f"GET {path}: {reply}")
            page = reply.json()
            items += page.get("value", [])
            path = page.get("nextLink", "")
        return items


class Daemon:
    """Lives several times on one state file."""

    def __init__(self, command, folder):
        self.state = os.path.join(folder, "state.db")
        self.port_file = os.path.join(folder, "port")
        self.log = os.path.join(folder, "isthmusd.log")
        self.command = [*command, "--listen", "127.0.0.1:0", "--port-file", self.port_file, "--state", self.state]
        self.process = None
        self.port = 0

    def spawn(self):
        """Starts the process and does not wait for it."""
        if os.path.exists(self.port_file):
            os.remove(self.port_file)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        """Starts and returns the seconds until it was ready."""
        began = time.monotonic()
        self.spawn()
        while not self.ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() - began > START_SECONDS_MAX:
                raise RuntimeError(f"the daemon is not ready after {START_SECONDS_MAX} s:\n{self.last_words()}")
            time.sleep(0.002)
        return time.monotonic() - began

    def ready(self):
        try:
            with open(self.port_file, encoding="ascii") as file:
                self.port = int(file.read())
            with contextlib.closing(self.client(timeout_s=1)) as client:
                return client.call("GET", "/readyz").status == 200
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def client(self, timeout_s=10):
        return Client(self.port, timeout_s)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Asks it to end, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-10:])


class Tally:
    """What was checked, and what was wrong; at most a screenful of it is printed."""

    SHOWN_MAX = 20

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def check(self, holds, complaint):
        if holds:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= self.SHOWN_MAX:
            print(f"FAILED: {complaint}", flush=True)

    def finish(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


@contextlib.contextmanager
def address_of(url, tally, *flags):
    """(host, port) of the server at `url`, or else of a daemon of this test's own, which has to end well."""
    if url:
        parts = urllib.parse.urlsplit(url)
        yield parts.hostname, parts.port
        return
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon([os.environ["ISTHMUSD"], *flags], folder)
        daemon.start()
        try:
            yield "127.0.0.1", daemon.port
        finally:
            tally.check(daemon.stop() == 0, f"the daemon did not end well:\n{daemon.last_words()}")


def arguments(description):
    """A parser with what every program here takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--daemon", default=os.environ.get("ISTHMUSD"), help="the command that starts isthmusd")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    return parser


def daemon_command(options):
    if not options.daemon:
        sys.exit("Name the daemon: set ISTHMUSD, or give --daemon build/release/bin/isthmusd.")
    print(f"seed {options.seed}", flush=True)
    return shlex.split(options.daemon)

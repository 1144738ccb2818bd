"""Becomes az for each call that az_client.py hands over, in a child that has imported already what az imports.

az_server.py PROCESS DESCRIPTOR: serves the socket until the process ends.

A child does what a process of az does from its first line on: it reads its settings, its arguments and its streams, and
ends by itself. All that it has from here are modules: those that an earlier call imported. They were imported in this
environment; nothing else was run here. What they draw at random when they are imported are the ids of telemetry, which is
off; for the rest Python draws a new seed in a child.
"""
import gc
import importlib
import marshal
import os
import pkgutil
import select
import signal
import socket
import sys
import time

import az_client
import debians_az

CALL_BYTES_MAX = 1 << 20  # a socket's buffer holds less


class Call:
    """What a client wants to be run; .process is 0 in the child that is to run it."""

    def __init__(self, client):
        self.client = client
        message, self.streams, _, _ = socket.recv_fds(client, CALL_BYTES_MAX, 3)
        self.arguments, self.folder, self.environment, self.umask = marshal.loads(message)
        client.send(az_client.STARTED)
        self.started = time.monotonic()
        self.imported = os.memfd_create("imported")  # the names of the child's modules, when it has ended
        self.process = os.fork()
        if self.process == 0:
            return
        for stream in self.streams:
            os.close(stream)
        self.ended = os.pidfd_open(self.process)

    def forward(self):
        """Sends az the signal that the client got. A client that is gone takes az along."""
        try:
            number = self.client.recv(1)
        except OSError:
            number = b""
        signal.pidfd_send_signal(self.ended, number[0] if number else signal.SIGKILL)

    def finish(self):
        """Tells the client how az ended; the names of what it imported."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        print(f"{time.monotonic() - self.started:.2f} s, status {status}: {' '.join(self.arguments[:3])}", flush=True)
        try:  # who is told may look at what is printed
            self.client.send(b"%d" % status)
        except OSError:
            pass  # it did not wait
        names = os.pread(self.imported, os.fstat(self.imported).st_size, 0).decode().split()
        self.close()
        return names

    def close(self):
        self.client.close()
        os.close(self.ended)
        os.close(self.imported)

    def become_az(self):
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdout.reconfigure(line_buffering=os.isatty(1))  # as Python does when it starts
        os.chdir(self.folder)
        os.umask(self.umask)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.argv[1:] = self.arguments
        try:
            debians_az.become_az()
        finally:
            os.write(self.imported, "\n".join(sys.modules).encode())
            os.close(self.imported)


def learn(names):
    """Imports, in their order, what a child has imported."""
    for name in names:
        if name not in sys.modules and not name.endswith("main__"):
            try:
                importlib.import_module(name)
            except Exception:  # it is made in another way, or not at all: a child that wants it sees to that
                pass
    gc.freeze()  # a child need not look at, and copy, what will never be garbage


def first_imports():
    """What the first call with a fresh folder of settings imports: it writes down where each command is."""
    modules = importlib.import_module("azure.cli.command_modules")
    return ["azure.cli.core", *(f"{modules.__name__}.{module.name}.commands" for module in pkgutil.iter_modules(modules.__path__))]


def next_call(listener, owner):
    """The call to run, in a child of its own; None when the owner has ended."""
    calls = []
    while True:
        watched = [listener, owner, *(call.client for call in calls), *(call.ended for call in calls)]
        ready, _, _ = select.select(watched, [], [])
        if owner in ready:
            for call in calls:
                os.kill(call.process, signal.SIGTERM)
            return None
        for call in list(calls):
            if call.ended in ready:
                calls.remove(call)
                learn(call.finish())
            elif call.client in ready:
                call.forward()
        if listener in ready:
            try:
                call = Call(listener.accept()[0])
            except (OSError, EOFError) as error:  # a client that was ended
                print(f"no call: {error}", flush=True)
                continue
            if call.process == 0:
                for other in calls:
                    other.close()
                return call
            calls.append(call)


def main():
    print("server", os.getpid(), flush=True)
    owner = os.pidfd_open(int(sys.argv[1]))
    with socket.socket(fileno=int(sys.argv[2])) as listener:
        if not debians_az.mended():
            sys.exit("no az of Debian's")
        learn(first_imports())
        call = next_call(listener, owner)
    if call:
        os.close(owner)
        call.client.close()
        call.become_az()


if __name__ == "__main__":
    main()

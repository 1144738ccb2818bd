"""Slow and crowding clients against the daemon with short limits: each limit answers as it should, and others are served.

$ISTHMUSD is started with the limits below; or --url and the same limits elsewhere.
"""
import argparse
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
import nc_daemon

LIMITS = {"timeout-header": "400ms", "timeout-body": "800ms", "timeout-idle": "600ms", "limit-connections": "40"}
PATIENCE_S = 5
HOST = b"Host: localhost\r\n"
PUT = b"PUT /x HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"


def connect(address):
    return socket.create_connection(address, timeout=PATIENCE_S)


def read_to_end(client):
    received = b""
    try:
        while part := client.recv(65536):
            received += part
    except ConnectionError:
        pass
    return received


def drip(client, data, pause_s=0.05):
    """Sends byte by byte until the server has enough of it."""
    for i in range(len(data)):
        try:
            client.sendall(data[i:i + 1])
        except OSError:
            return
        client.settimeout(pause_s)
        try:
            if client.recv(1, socket.MSG_PEEK) is not None:
                break
        except socket.timeout:
            pass
    client.settimeout(PATIENCE_S)


def answer_to(address, data):
    began = time.monotonic()
    with connect(address) as client:
        drip(client, data)
        return read_to_end(client), time.monotonic() - began


def check_timeouts(address, tally):
    rows = [  # what, the bytes that are dripped, how the answer starts, after how many seconds at least
        ("an idle connection", b"", b"", 0.6),
        ("a header that drips", b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 100, b"HTTP/1.1 408 ", 0.4),
        ("empty lines that drip", b"\r\n" * 100, b"HTTP/1.1 408 ", 0.4),
    ]
    for what, data, start, least_s in rows:
        received, seconds = answer_to(address, data)
        tally.check(received.startswith(start) and bool(received) == bool(start), f"{what}: {received[:80]}")
        tally.check(least_s * 0.9 <= seconds < PATIENCE_S, f"{what}: took {seconds:.2f} s")


def check_slow_body(address, tally):
    with connect(address) as client:
        client.sendall(PUT)
        drip(client, b" " * 99)
        received = read_to_end(client)
    tally.check(received.startswith(b"HTTP/1.1 408 "), f"a body that drips: {received[:80]}")


def until_alone(address):
    """A connection that a check has left may be open for a moment yet; the one that asks is the only other."""
    for _ in range(200):
        with connect(address) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            if b"\nisthmus_http_connections 1\n" in read_to_end(client):
                return
        time.sleep(0.02)


def check_crowd(address, tally):
    """Connections up to the limit that say nothing: the next one is told, and there is room once they time out."""
    until_alone(address)
    crowd = [connect(address) for _ in range(40)]
    with connect(address) as client:
        received = read_to_end(client)
    tally.check(received.startswith(b"HTTP/1.1 503 ") and b"TooManyConnections" in received, f"over the limit: {received[:80]}")
    for client in crowd:
        tally.check(read_to_end(client) == b"", "an idle connection of a crowd got an answer")
        client.close()


def check_service(address, tally, when):
    with connect(address) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        received = read_to_end(client)
    tally.check(received.startswith(b"HTTP/1.1 200 "), f"{when}: {received[:80]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    options = parser.parse_args()
    tally = nc_daemon.Tally("slow_clients")
    flags = [f"--{name}={value}" for name, value in LIMITS.items()]
    with nc_daemon.address_of(options.url, tally, *flags) as address:
        for check in (check_timeouts, check_slow_body, check_crowd):
            check(address, tally)
            check_service(address, tally, f"after {check.__name__}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

"""Replays raw HTTP byte streams (tests/data/http/raw.jsonl) and JSONTestSuite bodies against the daemon.

A stream that must be refused gets a 4xx or 5xx of the parser's kind, and a closed connection; one that must be taken gets its
answers; no stream gets more answers than it holds requests (one was smuggled in), or a 500; and after each the daemon answers
the next client. --url http://127.0.0.1:PORT tests a server that runs already; otherwise $ISTHMUSD is started.
"""
import argparse
import base64
import http.client
import json
import re
import socket
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
import nc_daemon

DATA = Path(__file__).resolve().parents[1] / "data"
REFUSALS = {400, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505}
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n")
QUIET_S = 0.3  # so long without a byte: the server waits for more, as it should for an unfinished request
GRACE_S = 0.05  # after an answer: for the close, or for an answer too many


def exchange(address, data):
    """What the server sends, and whether it then closes."""
    received = b""
    with socket.create_connection(address, timeout=5) as client:
        try:
            client.sendall(data)
        except OSError:  # refused while we still sent; the answer is there all the same
            pass
        client.settimeout(QUIET_S)
        while True:
            try:
                part = client.recv(65536)
            except socket.timeout:
                return received, False
            except ConnectionError:
                return received, True
            if not part:
                return received, True
            received += part
            client.settimeout(GRACE_S)


def statuses(received, head):
    """The statuses of the final answers; None where the bytes are not HTTP."""
    found = []
    while received:
        line = STATUS_LINE.match(received)
        end = received.find(b"\r\n\r\n")
        if not line or end < 0:
            return None
        status = int(line[1])
        fields, received = received[:end + 2].lower(), received[end + 4:]
        if status < 200:
            continue
        found.append(status)
        length = re.search(rb"\r\ncontent-length: (\d+)\r\n", fields)
        if length and not head:
            if len(received) < int(length[1]):
                return None
            received = received[int(length[1]):]
    return found


def as_our_host(data):
    """Puts our name where a case has the plain name of another host: the guard against DNS rebinding has its own tests."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if len(re.findall(rb"(?mi)^host[ \t]*:", head)) == 1:
        head = re.sub(rb"(?mi)^(host:[ \t]*)[a-z0-9.\-]+(:\d+)?(?=[ \t]*\r?$)", rb"\1localhost", head + b"\r")[:-1]
    return head + end + rest


def complaint(case, found, closed):
    """Why the answers are wrong, or None."""
    if found is None:
        return "the answer is not HTTP"
    if any(status in (500, 502, 503) for status in found):
        return f"a server error: {found}"
    expect, valid = case["expect"], case["responses"]
    if len(found) > max(1, valid + (expect != "accept")):
        return f"more answers than requests: {found}"
    first = found[0] if found else None
    if expect == "reject":
        waits = first is None  # for the end of what is wrong already; the body timeout ends it
        return None if waits or (closed and first in REFUSALS) else f"not refused: {found}, closed: {closed}"
    if expect in ("incomplete", "reject-or-incomplete"):
        return None if first is None or first in REFUSALS else f"answered before its end: {found}"
    if expect == "accept":
        taken = first is not None and first not in REFUSALS - {400, 405, 421} and (len(found) >= valid or closed)
        return None if taken else f"not answered: {found}"
    if expect.startswith("accept-then"):
        later = found[valid:valid + 1]
        return None if first is not None and all(status in REFUSALS for status in later) else f"answered {found}"
    return None


def lives(address):
    client = http.client.HTTPConnection(*address, timeout=5)
    client.request("GET", "/readyz")
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status < 500


def replay_streams(address, tally):
    for line in (DATA / "http" / "raw.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        data = as_our_host(zlib.decompress(base64.b64decode(case["data"])))
        received, closed = exchange(address, data)
        why = complaint(case, statuses(received, data.startswith(b"HEAD ")), closed)
        tally.check(why is None, f"{case['name']} [{case['expect']}]: {why} {case['reason']}")
        tally.check(lives(address), f"{case['name']}: the next client is not answered")


def replay_json(address, tally):
    """Bodies of a resource that cannot be: never a success for what is not JSON, never a server error."""
    for line in (DATA / "JSONTestSuite" / "test_parsing.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        body = base64.b64decode(case["base64"]) * case.get("repeat", 1)
        client = http.client.HTTPConnection(*address, timeout=10)
        client.request("PUT", "/networking/v1/virtualNetworks/json-test", body, {"Content-Type": "application/json"})
        answer = client.getresponse()
        text = answer.read()
        client.close()
        is_refused = 400 <= answer.status < 500
        allowed = is_refused if case["name"].startswith("n_") else answer.status < 500
        tally.check(allowed, f"{case['name']}: {answer.status} {text[:100]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    options = parser.parse_args()
    tally = nc_daemon.Tally("raw_http")
    with nc_daemon.address_of(options.url, tally) as address:
        replay_streams(address, tally)
        replay_json(address, tally)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

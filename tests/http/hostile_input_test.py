"""Hostile input of every kind against the daemon: prefixes, resource ids, and whole requests, from tests/data/hostile.

What is legal is stored in its canonical form, under its own name; all else is refused with the status and the code that the case
names, and changes nothing. Every refusal is JSON with a code and a message, and tells nothing of the server: no path of a file,
no SQL, no text of an exception. No answer has a field that the request made up, or lets a foreign page read it. After each case
the next client is answered. --url http://127.0.0.1:PORT tests a server that runs already; otherwise $ISTHMUSD is started.
"""
import argparse
import http.client
import json
import re
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
from nc_daemon import NETWORKS, Client, Reply, Tally, address_of

DATA = Path(__file__).resolve().parents[1] / "data" / "hostile"
KEPT = "kept"  # a network that every case finds
REPEATED = re.compile(r"<([^*]+?)\*(\d+)>")
NO_HEADERS = {"access-control-allow-origin", "access-control-allow-private-network", "x-injected"}
MESSAGE_BYTES_MAX = 4096  # a refusal may quote what it refuses, but not all of it
SECRETS = [re.compile(pattern, re.I) for pattern in (
    r"/(tmp|home|root|usr|var|etc|proc|build)/", r"\.db\b", r"\.(cc|cpp|h|hpp):\d", r"0x[0-9a-f]{8}",
    r"sqlite", r"\b(select|insert|update|delete)\b.+\b(from|into|set)\b",
    r"\bexception\b", r"std::", r"boost", r"rapidjson", r"what\(\)", r"bad_alloc|terminate")]


def network(prefix="10.9.0.0/16"):
    return {"properties": {"addressSpace": {"addressPrefixes": [prefix]}}}


def expanded(text):
    """<ab*3> stands for ababab."""
    return REPEATED.sub(lambda match: match[1] * int(match[2]), text)


def cases(name):
    with open(DATA / f"{name}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def bytes_of(text):
    return text.encode("utf-8", errors="surrogatepass")


class Suite:
    def __init__(self, address, tally):
        self.address, self.tally = address, tally
        self.client = Client(address[1])

    def send(self, method, target, fields, body):
        """The answer to a request that no decent client would send; None where there is none."""
        lines = [b" ".join([bytes_of(method), bytes_of(target), b"HTTP/1.1"])]
        lines += [bytes_of(name) + b": " + bytes_of(value) for name, value in fields if value is not None]
        with socket.create_connection(self.address, timeout=10) as raw:
            try:
                raw.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""))
            except OSError:  # refused while we still sent; the answer is there all the same
                pass
            answer = http.client.HTTPResponse(raw, method=method)
            try:
                answer.begin()
                return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
            except (OSError, http.client.HTTPException):
                return None

    def put(self, name, body):
        return self.client.call("PUT", f"{NETWORKS}/{name}", body)

    def stored(self):
        return {item["resourceId"]: item["etag"] for item in self.client.every_item(NETWORKS)}

    def lives(self):
        self.client.close()
        return self.client.call("GET", "/livez").status == 200

    def judge(self, what, sent, reply, status, code):
        """What holds for every answer, and what this one should be."""
        if reply is None:
            self.tally.check(False, f"{what}: no answer")
            return
        self.tally.check(reply.status == status, f"{what}: {reply}, not {status}")
        self.tally.check(not NO_HEADERS & set(reply.headers), f"{what}: the answer has {reply.headers}")
        if reply.status >= 400:
            self.judge_refusal(what, sent, reply, code)
        self.tally.check(self.lives(), f"{what}: the next client is not answered")

    def judge_refusal(self, what, sent, reply, code):
        try:
            error = reply.json()
            error = error.get("error", error)
            found = error["code"]
            message = error.get("message") or error["detail"]
        except (ValueError, KeyError, AttributeError):
            self.tally.check(False, f"{what}: the refusal is no error in JSON: {reply}")
            return
        self.tally.check(code in (None, found), f"{what}: {reply}, not {code}")
        self.tally.check(bool(message), f"{what}: the refusal says nothing: {reply}")
        self.tally.check(len(reply.body) <= MESSAGE_BYTES_MAX, f"{what}: {len(reply.body)} bytes of refusal")
        text = reply.body.decode()
        told = [match[0] for match in (secret.search(text) for secret in SECRETS) if match and match[0] not in sent]
        self.tally.check(not told, f"{what}: the refusal tells {told}: {reply}")

    def prefixes(self):
        for case in cases("prefixes"):
            text = expanded(case["text"])
            what = f"prefix {case['text']!r} ({case.get('why', 'plain')})"
            reply = self.put("prefix", network(text))
            if "stored" in case:
                self.judge(what, text, reply, 201, None)
                found = reply.json()["properties"]["addressSpace"]["addressPrefixes"] if reply.done else None
                self.tally.check(found == [case["stored"]], f"{what}: stored as {found}")
                self.client.call("DELETE", f"{NETWORKS}/prefix")
            else:
                self.judge(what, text, reply, 400, "InvalidParameterValue")
                self.tally.check(set(self.stored()) == {KEPT}, f"{what}: refused, and there are {self.stored()}")

    def ids(self):
        for case in cases("ids"):
            name = expanded(case["id"])
            what = f"id {case['id']!r} ({case.get('why', 'plain')})"
            body = json.dumps(network()).encode()
            reply = self.send("PUT", f"{NETWORKS}/{name}", self.fields({}, body), body)
            self.judge(what, name, reply, case.get("status", 201), case.get("code"))
            made = set(self.stored()) - {KEPT}
            expected = {expanded(case["stored"])} if "stored" in case else set()
            self.tally.check(made == expected, f"{what}: there are {made}, not {expected}")
            for one in made:
                self.client.call("DELETE", f"{NETWORKS}/{one}")

    def requests(self):
        for case in cases("requests"):
            before = self.stored()
            body = case.get("body")
            if body is not None:
                body = bytes_of(expanded(body) if body != "{network}" else json.dumps(network()))
            fields = [(name, expanded(value).replace("{etag}", before[KEPT]) if value else value)
                      for name, value in case.get("fields", [])]
            fields = self.fields(fields, body)
            target = expanded(case["target"])
            reply = self.send(case["method"], target, fields, body)
            sent = target + "".join(f"{name}: {value}" for name, value in fields) + (body or b"").decode()
            self.judge(f"{case['method']} {case['target']} ({case['why']})", sent, reply, case["status"], case.get("code"))
            after = self.stored()
            if case["status"] >= 400 or case["method"] in ("GET", "OPTIONS"):
                self.tally.check(after == before, f"{case['why']}: refused or only read, but {before} is now {after}")
            for name in set(after) - {KEPT}:
                self.client.call("DELETE", f"{NETWORKS}/{name}")

    @staticmethod
    def fields(given, body):
        """The usual ones, but for those that the case has; one without a value is left out."""
        usual = {"Host": "localhost", "Connection": "close"}
        if body is not None:
            usual |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        names = {name.lower() for name, _ in given}
        return [(name, value) for name, value in usual.items() if name.lower() not in names] + list(given)

    def run(self):
        self.tally.check(self.put(KEPT, network()).status == 201, "the network that is kept was there, or is not made")
        self.prefixes()
        self.ids()
        self.requests()
        self.client.call("DELETE", f"{NETWORKS}/{KEPT}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    options = parser.parse_args()
    tally = Tally("hostile_input")
    with address_of(options.url, tally) as address:
        Suite(address, tally).run()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())

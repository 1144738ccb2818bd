"""Whether what several clients saw of one resource can be told as one call after the other.

Each call takes effect in one moment between its beginning and its end. `contradiction` looks for an order of these moments in
which every answer is right: the search of Wing and Gong (Testing and verifying concurrent objects, 1993), with what was tried
before kept, since the order of past calls matters only by the value that they left behind. It goes along the ends of calls: at
each, every way that the calls then open can have happened is followed, and those in which the ended one has not are dropped.

Every PUT writes a value of its own, so that a value names its version, and an etag can be translated to a value beforehand.
A call without an answer may have happened or not, but not after its end: by then the process that had it is gone.
"""
import collections
from dataclasses import dataclass
from typing import Optional

TOLD_MAX = 6
ABSENT = None  # the value of a resource that does not exist


@dataclass(frozen=True)
class Condition:
    """If-None-Match: * when `value` is ABSENT; else If-Match with the etag of that value."""
    value: Optional[int]

    def holds(self, present):
        return present == self.value


@dataclass(frozen=True, eq=False)  # two calls may look the same and are still two
class Call:
    begin: int
    end: int
    method: str
    value: Optional[int] = ABSENT  # that a PUT writes, or that a GET found
    condition: Optional[Condition] = None
    status: Optional[int] = None  # None: no answer

    def __str__(self):
        condition = f" if it is {self.condition.value or 'absent'}" if self.condition else ""
        return f"[{self.begin}, {self.end}] {self.method} {self.value or ''}{condition} -> {self.status or 'no answer'}"


def effects(call, present):
    """The values that the resource may have after `call` has happened to `present`: none where its answer is wrong."""
    if call.method == "GET":
        return [present] if present == (call.value if call.status == 200 else ABSENT) else []
    may = call.condition is None or call.condition.holds(present)
    if call.status == 412:
        return [] if may else [present]
    if not may:
        return []
    if call.method == "DELETE":
        return [ABSENT] if call.status in (None, 202 if present else 204) else []
    return [call.value] if call.status in (None, 200 if present else 201) else []


def possible(configurations, pending):
    """All that can be the case after some of the pending calls happened: (which of them have, the value)."""
    seen = set(configurations)
    left = list(seen)
    while left:
        happened, present = left.pop()
        for call in pending - happened:
            for value in effects(call, present):
                next_one = (happened | {call}, value)
                if next_one not in seen:
                    seen.add(next_one)
                    left.append(next_one)
    return seen


def listed(calls):
    return "; ".join(str(call) for call in calls) or "nothing"


def contradiction(calls):
    """None where one order explains all answers; else a text with the call that none explains."""
    moments = sorted([(call.begin, 0, i) for i, call in enumerate(calls)] + [(call.end, 1, i) for i, call in enumerate(calls)])
    pending = frozenset()
    configurations = {(frozenset(), ABSENT)}
    ended = collections.deque(maxlen=TOLD_MAX)
    for _, is_end, i in moments:
        call = calls[i]
        if not is_end:
            pending |= {call}
            continue
        before = possible(configurations, pending)
        pending -= {call}
        configurations = {(happened - {call}, present) for happened, present in before
                          if call in happened or call.status is None}
        if not configurations:
            values = sorted({str(present) for _, present in before})
            return (f"nothing explains {call}: the value can be {', '.join(values)};\n  at the same time: {listed(pending)}"
                    f"\n  ended just before: {listed(ended)}")
        ended.append(call)
    return None

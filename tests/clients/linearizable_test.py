"""A few rounds of tests/clients/linearizable.py, with kills and without; and its search on histories whose verdict is known."""
import itertools
import random
import sys
import unittest

import linearizable
from linear_history import ABSENT, Call, Condition, contradiction, effects

IF_ABSENT = Condition(ABSENT)


def put(begin, end, value, status=201, condition=None):
    return Call(begin, end, "PUT", value, condition, status)


def get(begin, end, value):
    return Call(begin, end, "GET", value, None, 200 if value else 404)


def delete(begin, end, status=202, condition=None):
    return Call(begin, end, "DELETE", ABSENT, condition, status)


MADE = put(0, 1, 1)
ONE_ORDER = {
    "nothing happened": [],
    "one after the other": [MADE, get(2, 3, 1), put(4, 5, 2, 200), get(6, 7, 2), delete(8, 9), get(10, 11, ABSENT)],
    "a read beside a write sees it or does not": [MADE, put(2, 9, 2, 200), get(3, 4, 1), get(5, 6, 2)],
    "one wins an If-Match": [MADE, put(2, 9, 2, 200, Condition(1)), put(3, 8, 3, 412, Condition(1))],
    "one wins an If-None-Match": [put(0, 9, 1, 201, IF_ABSENT), put(1, 8, 2, 412, IF_ABSENT)],
    "a delete makes room": [MADE, delete(2, 9), put(3, 8, 2, 201, IF_ABSENT)],
    "no answer, and it happened": [MADE, put(2, 5, 2, None), get(6, 7, 2)],
    "no answer, and it did not happen": [MADE, put(2, 5, 2, None), get(6, 7, 1)],
    "no answer, and its condition did not hold": [MADE, put(2, 5, 2, None, IF_ABSENT), get(6, 7, 1)],
    "two calls that look the same": [get(0, 3, ABSENT), get(0, 3, ABSENT), put(4, 5, 1)],
    "a delete of nothing": [delete(0, 1, 204), get(2, 3, ABSENT)],
}
NO_ORDER = {
    "a stale read": [MADE, put(2, 3, 2, 200), get(4, 5, 1)],
    "a read of what nobody wrote": [MADE, get(2, 3, 7)],
    "a read goes back": [MADE, put(2, 9, 2, 200), get(3, 4, 2), get(5, 6, 1)],
    "two readers disagree about the order": [MADE, put(2, 20, 2, 200), put(2, 20, 3, 200),
                                             get(3, 4, 2), get(5, 6, 3), get(7, 8, 2)],
    "an acknowledged write is lost": [MADE, get(2, 3, ABSENT)],
    "a lost update: two win one If-Match": [MADE, put(2, 9, 2, 200, Condition(1)), put(3, 8, 3, 200, Condition(1))],
    "two win one If-None-Match": [put(0, 9, 1, 201, IF_ABSENT), put(1, 8, 2, 201, IF_ABSENT)],
    "412 although the etag is the present one": [MADE, put(2, 3, 2, 412, Condition(1))],
    "412 although there is nothing": [put(0, 1, 1, 412, IF_ABSENT)],
    "a refused write is there": [MADE, put(2, 3, 2, 412, Condition(9)), get(4, 5, 2)],
    "a deleted resource is there": [MADE, delete(2, 3), get(4, 5, 1)],
    "two deletes find the same resource": [MADE, delete(2, 9), delete(3, 8)],
    "created although it was there": [MADE, put(2, 3, 2, 201)],
    "no answer, and it happened after its end": [MADE, put(2, 3, 2, None), get(4, 5, 1), get(6, 7, 2)],
    "no answer, and it happened twice": [MADE, put(2, 9, 2, None), get(3, 4, 2), put(5, 6, 3, 200), get(7, 8, 2)],
}


def some_order_explains(calls):
    """The same by trying every order of every choice of unanswered calls."""
    answered = [call for call in calls if call.status is not None]
    unanswered = [call for call in calls if call.status is None]
    for count in range(len(unanswered) + 1):
        for chosen in itertools.combinations(unanswered, count):
            for order in itertools.permutations([*answered, *chosen]):
                in_time = all(order[j].end >= order[i].begin for i in range(len(order)) for j in range(i + 1, len(order)))
                if in_time and explains(order):
                    return True
    return False


def explains(order):
    present = ABSENT
    for call in order:
        after = effects(call, present)
        if not after:
            return False
        present = after[0]
    return True


def any_calls(draw):
    """A short history with any answers; about half of them make sense."""
    calls = []
    for value in range(1, draw.randrange(2, 6)):
        begin = draw.randrange(12)
        span = (2 * begin, 2 * (begin + draw.randrange(8)) + 1)
        condition = draw.choice([None, IF_ABSENT, Condition(draw.randrange(1, 4))])
        calls.append(draw.choice([
            put(*span, value, draw.choice([200, 201, 201, None, 412 if condition else 201]), condition),
            get(*span, draw.choice([ABSENT, 1, 2, 3])),
            delete(*span, draw.choice([202, 202, 204, None, 412 if condition else 202]), condition)]))
    return calls


class Search(unittest.TestCase):
    def test_histories_with_an_order(self):
        for name, calls in ONE_ORDER.items():
            self.assertIsNone(contradiction(calls), name)

    def test_histories_without_an_order(self):
        for name, calls in NO_ORDER.items():
            self.assertIsNotNone(contradiction(calls), name)

    def test_it_agrees_with_trying_every_order(self):
        seed = random.SystemRandom().randrange(1 << 32)
        draw = random.Random(seed)
        verdicts = set()
        for _ in range(1500):
            calls = any_calls(draw)
            verdict = contradiction(calls) is None
            verdicts.add(verdict)
            told = f"seed {seed}: " + "; ".join(str(call) for call in calls)
            self.assertEqual(verdict, some_order_explains(calls), told)
        self.assertEqual(verdicts, {True, False})


class Daemon(unittest.TestCase):
    def test_clients_at_once(self):
        self.assertEqual(linearizable.main(["--rounds", "2", "--seconds", "1.5"]), 0)

    def test_clients_at_once_while_the_daemon_is_killed(self):
        self.assertEqual(linearizable.main(["--rounds", "3", "--seconds", "2", "--kill-every", "0.4"]), 0)


if __name__ == "__main__":
    sys.exit(unittest.main())

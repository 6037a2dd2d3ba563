"""When a new instance begins to accept."""

import pytest

from chorus.cluster.worker.trial import Trial


class Application:
    """Answers with the statuses it is given, one after another."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": self.statuses.pop(0), "headers": []})
        await send({"type": "http.response.body"})


async def ask(application, path="/health"):
    sent = []

    async def send(message):
        sent.append(message)

    await application({"type": "http", "path": path}, None, send)
    return sent[0]["status"]


def trial(when="well", path="/health"):
    return Trial.of({"CHORUS_HEALTH_PATH": path, "CHORUS_ACCEPTS_WHEN": when})


async def test_the_first_good_answer_to_the_check_ends_it_and_only_once():
    passed = []
    application = trial().watching(Application(500, 503, 200, 200), lambda: passed.append(True))

    statuses = [await ask(application) for _ in range(4)]

    assert statuses == [500, 503, 200, 200]
    assert passed == [True]


@pytest.mark.parametrize(("when", "passes"), [("well", False), ("alive", True)])
async def test_what_is_alive_will_do_where_nobody_waits_for_it(when, passes):
    passed = []

    await ask(trial(when).watching(Application(503), lambda: passed.append(True)))

    assert bool(passed) is passes


async def test_another_path_says_nothing():
    passed = []

    await ask(trial().watching(Application(200), lambda: passed.append(True)), path="/other")

    assert passed == []


async def test_the_path_is_that_of_the_check_without_its_query():
    passed = []
    application = trial(path="/is%20well?deep=1").watching(Application(204), lambda: passed.append(True))

    await ask(application, path="/is well")

    assert passed == [True]


def test_who_is_asked_nothing_accepts_at_once():
    assert Trial.of({}) is None

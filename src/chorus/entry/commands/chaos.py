"""`chorus chaos`: the proof, on the operator's own machine, that nothing acknowledged gets lost."""

import asyncio
import platform
import random
import signal

import msgspec

from chorus import __version__
from chorus.chaos.certificate import Certificate, text
from chorus.chaos.errors import ChaosFailed
from chorus.chaos.run import Run
from chorus.chaos.schedule import Options
from chorus.cluster.cli.failure import FAILED, OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.entry.bundled_valkey import binary


def run(context: Context) -> int:
    """Run it, and print the certificate; 1 when a promise was broken."""
    options = _options(context)
    run = Run(
        options,
        valkey_program=binary(),
        versions={"Chorus": __version__, "Python": platform.python_version()},
        say=lambda said, passed: context.terminal.progress(said, int(passed), options.seconds),
        sqlite=context.arguments.given("sqlite"),
        keep=context.arguments.given("keep"),
    )
    try:
        certificate = asyncio.run(_until_told_to_end(run))
    except ChaosFailed as error:
        raise CommandFailed(str(error)) from error
    except asyncio.CancelledError:
        raise CommandFailed("ended by SIGTERM; what was started is ended, and nothing is proved") from None
    context.terminal.say(_shown(certificate, as_json=context.arguments.given("json")))
    return OK if certificate.good else FAILED


async def _until_told_to_end(run: Run) -> Certificate:
    """SIGTERM ends it as Control-C does: what was started is ended first."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run.run()


def _options(context: Context) -> Options:
    arguments, usual = context.arguments, Options()
    return Options(
        seconds=arguments.number("seconds", usual.seconds, least=5, most=86_400),
        clients=arguments.number("clients", usual.clients, least=1, most=5_000),
        channels=arguments.number("channels", usual.channels, least=1, most=1_000),
        instances=arguments.number("instances", usual.instances, least=1, most=64),
        seed=arguments.number("seed", random.SystemRandom().randrange(1_000_000), least=0, most=10**9),
    )


def _shown(certificate: Certificate, *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.format(msgspec.json.encode(certificate), indent=2).decode()
    return text(certificate).rstrip("\n")

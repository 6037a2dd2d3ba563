"""Before keeper and manager are replaced by the release that is installed now: does it run at all?

The keeper replaces itself within its process, and there is no way back from a program that does not start. So both
programs are run once to say that they can: the manager by importing all it needs, the keeper by telling that it can
read what the present one hands over.
"""

import asyncio
import sys

from chorus.cluster.manager.failure import OperationFailed

_PATIENCE = 20.0
"""Seconds a program has to say so."""


async def check(handover: int) -> None:
    """Make sure that the installed release can take over.

    Raises:
        OperationFailed: "invalid", with its last lines; nothing was changed.
    """
    for module, arguments in (("chorus.cluster.manager", ()), ("chorus.cluster.keeper", (str(handover),))):
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", module, "--check", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:  # the environment of the present release was removed
            text = f"{sys.executable} cannot be run: {error.strerror}; nothing was changed"
            raise OperationFailed("invalid", text) from error
        try:
            async with asyncio.timeout(_PATIENCE):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise OperationFailed("invalid", f"{module} of the installed release hangs; nothing was changed") from None
        if process.returncode != 0:
            text = f"{module} of the installed release cannot take over ({process.returncode}); nothing was changed"
            raise OperationFailed("invalid", text, said.decode(errors="replace").splitlines()[-10:])

"""A worker without uvicorn's command line, which an application gets as soon as it asks."""

import subprocess
import sys

import pytest


def printed(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_worker_starts_without_click_and_multiprocessing():
    program = """
import sys
import chorus.cluster.worker.__main__
from uvicorn.config import Config
Config(lambda: None, lifespan="on").load()
print(*{"click", "multiprocessing", "watchfiles", "uvicorn.main"} & set(sys.modules))
"""

    assert printed(program) == []


@pytest.mark.parametrize("asking", ["import uvicorn; run = uvicorn.run", "from uvicorn import run"])
def test_an_application_that_wants_the_rest_of_it_has_it(asking):
    program = f"""
import chorus.cluster.worker.__main__
{asking}
import sys, uvicorn
print(run is sys.modules["uvicorn.main"].run, uvicorn.Config.__module__, uvicorn.Server.__module__)
print(hasattr(uvicorn, "nonesuch"), bool(uvicorn.__version__))
"""

    assert printed(program) == ["True", "uvicorn.config", "uvicorn.server", "False", "True"]

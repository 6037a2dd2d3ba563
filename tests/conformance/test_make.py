"""The command that other protocol suites are told to run begins the server that the tests beside this speak to."""

import subprocess

import pytest

from conformance.conftest import ROOT


@pytest.mark.parametrize(("words", "port"), [(["PORT=4321"], "4321"), ([], "3000")])
def test_make_conformance_server_serves_on_the_port_that_it_is_given(words, port):
    said = subprocess.run(
        ["make", "--just-print", "conformance-server", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout.splitlines()[-1].endswith(f"bin/python tests/conformance/server.py {port}")

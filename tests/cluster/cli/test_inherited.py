"""What an application inherits from the shell that starts it."""

import os

import pytest

from chorus.cluster.cli.inherited import inherited, under
from chorus.cluster.spec import ApplicationSpec


def test_secrets_and_settings_of_the_shell_are_inherited():
    assert inherited({"JWT_SECRET": "s", "PATH": "/bin"}) == {"JWT_SECRET": "s", "PATH": "/bin"}


def test_what_belongs_to_the_shell_or_to_another_process_is_not():
    """A manager started from inside an instance does not hand that instance's sockets on."""
    others = {"PWD": "/", "SHLVL": "2", "LISTEN_FDS": "1", "NOTIFY_SOCKET": "/n", "CHORUS_KEY": "chat:0:1"}

    assert inherited(others) == {}


def test_what_make_says_to_another_make_is_not():
    """`make run` starts the chat: its flags would be taken by every make that a program of it runs."""
    makes = {"MAKEFLAGS": "-j4 --jobserver-auth=3,4", "MFLAGS": "-j4", "MAKELEVEL": "1", "MAKE_TERMOUT": "/dev/tty"}

    assert inherited({**makes, "MAKER": "Ada", "MAKE_API_KEY": "k"}) == {"MAKER": "Ada", "MAKE_API_KEY": "k"}


def test_a_value_that_is_no_text_is_left_out():
    assert inherited({"BAD": os.fsdecode(b"\xff"), "GOOD": "tab\there"}) == {"GOOD": "tab\there"}


def test_the_search_path_of_python_holds_from_every_folder():
    assert inherited({"PYTHONPATH": "src:/lib"}) == {"PYTHONPATH": f"{os.path.abspath('src')}:/lib"}


SHELL = {"AWS_KEY": "k", "HOME": "/root", "PORT": "3000"}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"AWS_KEY", "HOME", "PORT"}),
        ({"filter_env": True}, set()),
        ({"filter_env": ("AWS_", "PO")}, {"HOME"}),
        ({"port": 80}, {"AWS_KEY", "HOME"}),
    ],
)
def test_an_application_keeps_out_what_it_wants_and_a_port_that_is_not_its_socket_s(options, names):
    spec = ApplicationSpec(name="job", command=("job",), **options)

    assert under(spec, SHELL).keys() == names

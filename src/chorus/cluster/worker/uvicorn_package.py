"""The package uvicorn without its command line, until somebody asks for that.

`uvicorn/__init__.py` imports all of uvicorn: click, multiprocessing and what watches files come with it, a tenth of the
time in which a worker starts and a megabyte of it, and a worker has use for none. So the package begins empty: its
modules can be imported, and its own text is run when something of it is wanted: an application's `uvicorn.run`, say.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any


def put_off_command_line() -> None:
    """To be called before anything imports uvicorn; afterwards it changes nothing."""
    if "uvicorn" in sys.modules or (spec := find_spec("uvicorn")) is None or (loader := spec.loader) is None:
        return
    package = module_from_spec(spec)

    def complete(name: str) -> Any:
        del package.__getattr__
        loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = complete  # asked for names that are not there yet: PEP 562
    sys.modules["uvicorn"] = package
    # Its own modules take this one from the package.
    vars(package)["Config"] = import_module("uvicorn.config").Config

"""Serves a Python port: `python -P -m conformance.targets.python_host MODULE:ATTRIBUTE [options]`.

ATTRIBUTE is a factory. The host calls it without arguments, or with those of `--argument`, and it returns the object
with the wire's methods. `--path FOLDER` appends a folder to the import path, so that nothing in it hides an installed
package.

With `--start fork|spawn|forkserver`, `multiprocess` starts a child that serves. Before a `fork` the host imports the
port and creates the adapter, like a program that then starts its workers.

The host has only one thread, so that `fork` is safe.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.machinery import PathFinder
from typing import Any, NoReturn

from conformance.wire.serve import Wire, claimed, serve_on

EXIT_CODE = 3
Port = tuple[str, str | None, Sequence[str]]  # MODULE:ATTRIBUTE, folder and arguments


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python_host", description="Serve a Python port over the wire.")
    parser.add_argument("target", metavar="MODULE:ATTRIBUTE")
    parser.add_argument("--path", metavar="FOLDER", help="Folder to append to the import path.")
    parser.add_argument("--argument", metavar="WORD", action="append", default=[], help="Argument for the factory.")
    parser.add_argument("--start", choices=["fork", "spawn", "forkserver"], help="Start method of a child that serves.")
    options = parser.parse_args(arguments)
    with claimed() as wire:  # before the import of the port, which may print
        if options.path is not None:
            sys.path.append(options.path)
        port = (options.target, options.path, options.argument)
        if options.start is None:
            serve_on(wire, _adapter(*port))
        else:
            sys.exit(_serve_in_child(wire, options.start, port))


def _serve_in_child(wire: Wire, method: str, port: Port) -> int:
    """Serve the port in a child. Returns 0 if the child succeeded."""
    import multiprocess
    from multiprocess.connection import Connection  # passes a descriptor to the child with any start method

    context = multiprocess.get_context(method)
    if method == "fork":
        child = context.Process(target=serve_on, args=(wire, _adapter(*port)))
    else:
        _shorten_addresses()
        ends = Connection(os.dup(wire.input.fileno())), Connection(os.dup(wire.output.fileno()))
        child = context.Process(target=_serve_there, args=(*ends, port))
    child.start()
    child.join()
    return EXIT_CODE if child.exitcode else 0


def _shorten_addresses() -> None:
    """Use relative paths for the sockets of `forkserver`: the system limits a path to about 100 bytes.

    The working directory of the child does not change.
    """
    from multiprocess import connection

    os.chdir(tempfile.gettempdir())
    address = connection.arbitrary_address
    connection.arbitrary_address = lambda family: os.path.relpath(address(family))


def _serve_there(calls: Any, output: Any, port: Port) -> None:
    """Serve in a child that inherited only these two connections."""
    with open(calls.fileno(), "rb", closefd=False) as reader, open(output.fileno(), "wb", closefd=False) as writer:
        serve_on(Wire(reader, writer), _adapter(*port))


def _adapter(target: str, folder: str | None, arguments: Sequence[str] = ()) -> object:
    module_name, colon, attribute = target.partition(":")
    if not (module_name and colon and attribute):
        _refuse(f"{target!r} names no factory; expected MODULE:ATTRIBUTE, such as my_port.adapter:create")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name + ".").startswith(error.name + "."):
            places = "the installed packages" + (f" and {folder}" if folder is not None else "")
            hidden = _hidden(module_name, folder)
            _refuse(f"there is no module {error.name!r} in {places}; {hidden or 'install it, or run in its folder'}")
        _refuse(f"importing {module_name} failed, because it needs a module {error.name!r}", with_trace=True)
    except Exception as error:
        _refuse(f"importing {module_name} raised {type(error).__name__}: {error}", with_trace=True)
    factory: object = module
    for name in attribute.split("."):
        if not hasattr(factory, name):
            hidden = _hidden(module_name, folder)
            _refuse(f"{target}: there is no {name!r} in {module_name} ({module.__file__}){hidden and '; '}{hidden}")
        factory = getattr(factory, name)
    if not callable(factory):
        _refuse(f"{target} is {factory!r:.200}; expected a factory that returns the adapter")
    try:
        adapter: object = factory(*arguments)
    except Exception as error:
        _refuse(f"calling {target} raised {type(error).__name__}: {error}", with_trace=True)
    return adapter


def _hidden(module_name: str, folder: str | None) -> str:
    """The message about a module that hides the port's module; empty if there is none."""
    top = module_name.partition(".")[0]
    if top in sys.stdlib_module_names or top == "test":  # `test` is missing in that set
        return f"{top!r} is a module of Python's own, which hides any other; give the port's module another name"
    mine = PathFinder.find_spec(top, [folder]) if folder is not None else None
    found = importlib.util.find_spec(top)
    if mine is None or mine.origin is None or found is None or found.origin == mine.origin:
        return ""
    return f"{found.origin} hides {mine.origin}; give the port's module another name"


def _refuse(message: str, *, with_trace: bool = False) -> NoReturn:
    if with_trace:
        traceback.print_exc()
    print(f"python_host: {message}", file=sys.stderr)
    sys.exit(EXIT_CODE)


if __name__ == "__main__":
    main()

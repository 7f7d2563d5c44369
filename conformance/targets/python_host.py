"""Serve a Python port: `python -P -m conformance.targets.python_host MODULE:ATTRIBUTE [options]`.

ATTRIBUTE is a factory: called without arguments, or with those given by `--argument`, it gives the object that has the
wire's methods. `--path FOLDER` is where the module may lie; it comes last on the import path, so that nothing in it
hides an installed package.

With `--start fork|spawn|forkserver` a child serves, which `multiprocess` starts in this way. Before a `fork` the port
has been imported and the adapter made, as in a program that then starts its workers.

One thread, so that `fork` is clean.
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
    parser.add_argument("--path", metavar="FOLDER", help="where the module may lie")
    parser.add_argument("--argument", metavar="WORD", action="append", default=[], help="for the factory")
    parser.add_argument("--start", choices=["fork", "spawn", "forkserver"], help="how a child is started that serves")
    options = parser.parse_args(arguments)
    with claimed() as wire:  # before the port is imported: what it prints then is not for the wire
        if options.path is not None:
            sys.path.append(options.path)
        port = (options.target, options.path, options.argument)
        if options.start is None:
            serve_on(wire, _adapter(*port))
        else:
            sys.exit(_serve_in_child(wire, options.start, port))


def _serve_in_child(wire: Wire, method: str, port: Port) -> int:
    """Have a child serve the port, and return the exit code that tells how it ended."""
    import multiprocess
    from multiprocess.connection import Connection  # a descriptor that travels to a process of any start method

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
    """Name the sockets of `forkserver` from their folder: a path to one may have a hundred bytes, and theirs be longer.

    The child works in the folder that this program was started in, as ever.
    """
    from multiprocess import connection

    os.chdir(tempfile.gettempdir())
    address = connection.arbitrary_address
    connection.arbitrary_address = lambda family: os.path.relpath(address(family))


def _serve_there(calls: Any, output: Any, port: Port) -> None:
    """In a child that has inherited nothing but these two connections."""
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
        _refuse(f"importing {module_name} failed, for it needs a module {error.name!r}", with_trace=True)
    except Exception as error:
        _refuse(f"importing {module_name} raised {type(error).__name__}: {error}", with_trace=True)
    factory: object = module
    for name in attribute.split("."):
        if not hasattr(factory, name):
            hidden = _hidden(module_name, folder)
            _refuse(f"{target}: there is no {name!r} in {module_name} ({module.__file__}){hidden and '; '}{hidden}")
        factory = getattr(factory, name)
    if not callable(factory):
        _refuse(f"{target} is {factory!r:.200}; expected a factory, called without arguments to give the adapter")
    try:
        adapter: object = factory(*arguments)
    except Exception as error:
        _refuse(f"calling {target} raised {type(error).__name__}: {error}", with_trace=True)
    return adapter


def _hidden(module_name: str, folder: str | None) -> str:
    """What to tell of a module that another of the same name hides; empty where none does."""
    top = module_name.partition(".")[0]
    if top in sys.stdlib_module_names or top == "test":  # which that list leaves out
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

"""Serve a Python port: `python -P -m conformance.targets.python_host MODULE:ATTRIBUTE [--path FOLDER]`.

ATTRIBUTE is a factory: called without arguments, it gives the object that has the wire's methods. FOLDER is
where the module may lie; it comes last on the import path, so that nothing in it hides an installed package.

One thread, so that `fork` is clean.
"""

import argparse
import importlib
import importlib.util
import sys
import traceback
from importlib.machinery import PathFinder
from typing import NoReturn

from conformance.wire.serve import claimed, serve_on

EXIT_CODE = 3


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python_host", description="Serve a Python port over the wire.")
    parser.add_argument("target", metavar="MODULE:ATTRIBUTE")
    parser.add_argument("--path", metavar="FOLDER", help="where the module may lie")
    options = parser.parse_args(arguments)
    with claimed() as wire:  # before the port is imported: what it prints then is not for the wire
        if options.path is not None:
            sys.path.append(options.path)
        serve_on(wire, _adapter(options.target, options.path))


def _adapter(target: str, folder: str | None) -> object:
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
        adapter: object = factory()
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

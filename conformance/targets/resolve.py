"""Resolves the name of a target to the command that starts it."""

import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.targets.errors import UsageFault
from conformance.targets.nearest import did_you_mean
from reference_impl.profiles import PROFILES
from reference_impl.releases import RECOMMENDED

KINDS = ("reference", "npm", "plugin", "python")
HOST = "conformance.targets.python_host"
FORMS = """\
  reference, reference@1.4.3           the bundled reference, and as a release
  npm:opencode-antigravity-auth@1.3.0  a published release, by exact version
  plugin:PATH, or only PATH            a checkout of the plugin or of a fork
  python:package.module:attribute      a factory in a Python port
  -- COMMAND ...                       any command that speaks the wire"""


@dataclass(frozen=True)
class Target:
    """A target that can be started. `word` is its name in a shell, `argv` the command that starts it.

    `python_host` is the command that starts a Python port and accepts `--start`. It is empty for other targets.
    """

    word: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # for the report: how the target was built
    checkout: Path | None = None  # the folder of a checkout, which claims no release and inherits deviations
    python_host: list[str] = field(default_factory=list)

    @property
    def is_node(self) -> bool:
        """Whether the kit runs the target with its own Node adapter, whatever `language` the target reports."""
        return self.is_checkout or self.word.startswith("npm:")

    @property
    def is_checkout(self) -> bool:
        return self.checkout is not None


def is_word(text: str) -> bool:
    """Whether the text has the form of a target."""
    return text.partition("@")[0] == "reference" or text.partition(":")[0] in KINDS[1:]


def _folder_as_checkout(word: str | None) -> str | None:
    """`plugin:PATH` for the path of a folder, else the word itself."""
    if word is None or is_word(word) or not Path(word).is_dir():
        return word
    return f"plugin:{word.rstrip('/') or word}"


def resolve(word: str | None, command: Sequence[str], mapping: Path | None = None) -> Target:
    """Find the command of a target. Installs a release and bundles a checkout if necessary.

    `mapping` is the mapping file of a checkout (docs/forks.md).
    Raises UsageFault if the word does not name a target, AdapterFault if installing or bundling fails.
    """
    word = _folder_as_checkout(word)
    if mapping is not None and not (word or "").startswith("plugin:"):
        raise UsageFault("--mapping is only for a target plugin:PATH")
    if command:
        if word is not None:
            raise UsageFault(f"both a target, {word!r}, and a command after -- were given; give one of them")
        return Target("-- " + shlex.join(command), list(command))
    if word is None:
        raise UsageFault(f"no target was given. A target is one of\n{FORMS}")
    kind, _, rest = word.partition(":")
    if word == "reference" or word.startswith("reference@"):
        profile = word.partition("@")[2] or RECOMMENDED
        if profile not in PROFILES:
            raise UsageFault(f"{word!r}: there is no profile {profile!r}; the profiles are {', '.join(PROFILES)}")
        host = _module([HOST, "reference_impl.adapter:ReferenceAdapter", "--argument", profile])
        return Target(word, _module(["reference_impl", profile]), python_host=host)
    if kind == "npm":
        from conformance.targets import npm

        name, version = npm.parse(word)
        return Target(word, npm.command(npm.install(name, version)))
    if kind == "plugin":
        from conformance.targets import checkout

        prepared = checkout.prepare(rest, mapping)
        return Target(shlex.quote(word), prepared.argv, notes=prepared.notes, checkout=prepared.checkout)
    if kind == "python":
        if not all(part.strip() for part in rest.split(":")) or rest.count(":") != 1:
            raise UsageFault(f"{word!r} names no factory; expected python:package.module:attribute")
        host = _module([HOST, rest, "--path", str(Path.cwd())])
        return Target(word, host, python_host=host)
    if shutil.which(word) or Path(word).is_file():
        program = word if shutil.which(word) or "/" in word else f"./{word}"
        raise UsageFault(f"put -- before the command: antigravity-conformance run -- {shlex.quote(program)}")
    unknown = "there is no folder" if "/" in word else "unknown target"
    hint = did_you_mean(re.split("[:@]", word)[0], KINDS) or "."
    raise UsageFault(f"{unknown} {word!r}{hint} A target is one of\n{FORMS}")


def _module(module: list[str]) -> list[str]:
    """The command that runs a module of the kit.

    With -P, no module of the working directory hides one of the kit. With -B, Python writes no bytecode.
    """
    return [sys.executable, "-B", "-P", "-m", *module]

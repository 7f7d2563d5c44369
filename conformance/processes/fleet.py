"""Processes of one target that answer calls together, with separate or shared homes (pool and config files)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.json_type import Json
from conformance.processes.record import Record
from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault
from conformance.targets.exchange import MethodCall
from conformance.targets.group import Group, Launch
from conformance.targets.supervisor.ending import remove_folder
from conformance.wire.answers import Answer, Result, in_words
from conformance.wire.calls import NOW_MS, POOL_FILE, PROJECT_FILE, USER_FILE, open_pool, select
from conformance.wire.scenario import Call, Scenario


@dataclass(eq=False)
class Member:
    """One process: its number (from 1), its real PID, its loaded config, and the folder of its home.

    `place` is relative to the folder of the group; empty for the shared home.
    """

    number: int
    connection: Connection
    pid: int
    place: str = ""
    config: Mapping[str, Json] = field(default_factory=dict)
    opened: Call = field(default_factory=lambda: Call("open"))  # the `open` call that repeats this with a given PID


@dataclass(frozen=True)
class Transcript:
    """The calls and answers of one process, as a scenario. It passes the PID to `open`, so that it can be replayed."""

    member: Member
    scenario: Scenario
    answers: Sequence[Answer]

    def expecting(self, *expected: Json) -> "Transcript":
        """A copy that expects these results of the selections, in order. Any further selections are not judged."""
        opened, *asked = self.scenario.calls
        judged = [call.gives(result) for call, result in zip(asked, expected, strict=False)]
        return replace(self, scenario=Scenario([opened, *judged, *asked[len(judged) :]]))


@dataclass(frozen=True)
class Restart:
    """The first calls of each process after a restart one after another, and their record."""

    transcripts: Sequence[Transcript]
    record: Record


class ConfigNotLoadedError(Exception):
    """A process answered `load_config` without a result. Has the calls as a scenario, and the answer."""

    def __init__(self, member: Member, scenario: Scenario, answer: Answer) -> None:
        super().__init__(f"process {member.number} answered `load_config` with {in_words(answer)}; expected a result")
        self.scenario = scenario
        self.answer = answer


class Fleet:
    """The processes of a group after `hello`, and the record of their calls.

    `capabilities` are those that the target claims. With `config` it loads strategy and offset itself; with `storage`
    it reads the pool file itself. `prepare` writes pool files of version `pool_version` (None: as the pool has it).
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.pool_version: int | None = None
        self.capabilities: Sequence[str] = ()
        self.members: list[Member] = []
        self.files: dict[str, dict[str, Json]] = {}  # that were prepared last, as a scenario has them
        self.restarted: Restart | None = None
        self.begin_case()

    def begin_case(self) -> None:
        """Start a new record, and let every process use the shared home."""
        self.record = Record(str(self.group.folder))
        self.use_homes(lambda _: "")

    def use_homes(self, place_of: Callable[[Member], str]) -> None:
        """Set the home of each process. Holds until the next case."""
        for member in self.members:
            member.place = place_of(member)

    @staticmethod
    def greet(group: Group) -> "Fleet":
        """Send `hello` to every process. Raises AdapterFault if one returns the PID of another process."""
        fleet = Fleet(group)
        for connection in group.connections:
            fleet._add(connection)
        return fleet

    @property
    def pids(self) -> tuple[int, ...]:
        """The real PIDs, in the order of the starts."""
        return tuple(member.pid for member in self.members)

    @property
    def is_whole(self) -> bool:
        """Are all processes alive?"""
        return not any(member.connection.is_dead for member in self.members)

    def start(self, launch: Launch) -> Member:
        """Start one more process, and wait for its answer to `hello`."""
        return self._add(self.group.start(launch, len(self.group.connections) + 1))

    def kill(self, members: Sequence[Member]) -> None:
        """End processes with SIGKILL. They stay in the list of members."""
        for member in members:
            self.group.kill(member.connection)
            self.record.note(member.number, member.pid, "killed")

    def restart(self, launch: Launch, first: Callable[[Member], Transcript]) -> None:
        """End every process, then start them one after another. Each runs `first` before the next one starts."""
        self.kill(self.members)
        transcripts = []
        for member in self.members:
            member.connection = self.group.start(launch, len(self.group.connections) + 1)
            member.pid = self._pid_of(member.connection)
            self.record.note(member.number, member.pid, "started")
            transcripts.append(first(member))
        self.restarted = Restart(transcripts, self.record)

    def ask(self, calls: Sequence[MethodCall], members: Sequence[Member] | None = None) -> list[list[Answer]]:
        """Send the same calls to several or all processes."""
        return self.ask_each(lambda _: calls, members)

    def ask_each(
        self, calls_for: Callable[[Member], Sequence[MethodCall]], members: Sequence[Member] | None = None
    ) -> list[list[Answer]]:
        """Send all calls to all processes before any answer is read, so that the processes work at the same time."""
        asked = [(member, calls_for(member)) for member in (self.members if members is None else members)]
        for member, calls in asked:
            member.connection.send_anew(calls)
        answers = []
        for member, calls in asked:
            answers.append(member.connection.receive())
            self.record.note_answers(member.number, member.pid, calls, answers[-1])
        return answers

    def prepare(self, pool: Json, user: Json, project: Json = None, *, members: Sequence[Member] | None = None) -> None:
        """Write pool and config files into new homes of the processes. None leaves a file out."""
        version = {} if self.pool_version is None else {"version": self.pool_version}
        contents = {POOL_FILE: pool | version, USER_FILE: user, PROJECT_FILE: project}
        texts = {name: json.dumps(content) for name, content in contents.items() if content is not None}
        self.files = {name: {"text": text} for name, text in texts.items()}
        for place in {member.place for member in (self.members if members is None else members)}:
            for folder in ("home", "project"):  # a target may have stored what it read in an earlier case elsewhere
                remove_folder(str(self.group.folder / place / folder))
            for name in contents:
                path = self.group.folder / place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if name in texts:
                    path.write_text(texts[name], encoding="utf-8")

    def load(
        self,
        config: Mapping[str, Json],
        environment: Mapping[str, str] | None = None,
        members: Sequence[Member] | None = None,
    ) -> None:
        """Each process loads its config from its files and these variables.

        If the target does not claim `config`, `config` is used as the loaded config.
        Raises ConfigNotLoadedError if a process gives no result.
        """
        chosen = self.members if members is None else members
        for member in chosen:
            member.config = config
        if "config" in self.capabilities:
            variables = {"environment": dict(environment)} if environment else {}
            answers = self.ask_each(lambda member: [("load_config", self._folders(member) | variables)], chosen)
            for member, (answer,) in zip(chosen, answers, strict=True):
                if not isinstance(answer, Result):
                    call = Call("load_config", {"directory": "{root}/project", "home": "{root}/home"} | variables)
                    raise ConfigNotLoadedError(member, Scenario([call], self.files), answer)
                member.config = answer.value["config"]

    def select(
        self,
        pool: Json,
        families: Sequence[str],
        *,
        members: Sequence[Member] | None = None,
        before: Sequence[Call] = (),
        **opening: Json,
    ) -> list[Transcript]:
        """Each process opens the pool and selects for these families, with the options of its config."""
        chosen = self.members if members is None else members
        asked = {member: [*before, *[_selection(family, member.config) for family in families]] for member in chosen}

        def calls_for(member: Member) -> list[MethodCall]:
            source = {"home": self._folders(member)["home"]} if "storage" in self.capabilities else {"pool": pool}
            opened = ("open", {**source, "now_ms": NOW_MS, **opening})
            return [opened, *[(call.method, dict(call.params)) for call in asked[member]]]

        for member in chosen:
            member.opened = open_pool(pool, member.pid, **opening)
        answers = self.ask_each(calls_for, chosen)
        return [
            Transcript(member, Scenario([member.opened, *asked[member]]), given)
            for member, given in zip(chosen, answers, strict=True)
        ]

    def go_on(
        self, families: Sequence[str], *, members: Sequence[Member] | None = None, kill: Sequence[Member] = ()
    ) -> list[Transcript]:
        """Each process selects again without a new `open`. The processes in `kill` are ended when all have their calls.

        The transcripts of the other processes begin with the earlier `open`, which is not sent again.
        """
        chosen = self.members if members is None else members
        asked = {member: [_selection(family, member.config) for family in families] for member in chosen}
        for member in chosen:
            member.connection.send_anew([(call.method, dict(call.params)) for call in asked[member]])
        self.kill(kill)
        transcripts = []
        for member in (each for each in chosen if each not in kill):
            answers = member.connection.receive()
            calls = asked[member]
            self.record.note_answers(member.number, member.pid, [(c.method, c.params) for c in calls], answers)
            transcripts.append(Transcript(member, Scenario([member.opened, *calls]), [Result(None), *answers]))
        return transcripts

    def open_and_select(
        self,
        pool: Json,
        config: Mapping[str, Json],
        families: Sequence[str],
        members: Sequence[Member] | None = None,
    ) -> list[Transcript]:
        """Write the pool and config files; every process then loads the config, opens the pool and selects."""
        self.prepare(pool, dict(config), members=members)
        self.load(config, members=members)
        return self.select(pool, families, members=members)

    def _add(self, connection: Connection) -> Member:
        member = Member(len(self.members) + 1, connection, self._pid_of(connection))
        self.members.append(member)
        self.record.note(member.number, member.pid, "started")
        return member

    def _folders(self, member: Member) -> dict[str, Json]:
        folder: Path = self.group.folder / member.place
        return {"directory": str(folder / "project"), "home": str(folder / "home")}

    def _pid_of(self, connection: Connection) -> int:
        hello = connection.hello()
        self.capabilities = hello.capabilities
        if connection.pid_status(hello.pid) == "false":
            raise AdapterFault(
                f"hello gave the PID {hello.pid}, which is another process; expected {connection.pid} or a descendant "
                "of it: return the PID that the port itself uses"
            )
        return hello.pid


def _selection(family: str, config: Mapping[str, Json]) -> Call:
    strategy, offset = config.get("account_selection_strategy", "hybrid"), config.get("pid_offset_enabled", False)
    return select(family, strategy, offset=bool(offset))

"""The plan of a run: the target, its profile, the requirements and the deviations, before the first case."""

import argparse
import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.cli.deviations import Accepted, asks_for_inherited, read_accepted
from conformance.cli.nearest import near_rule
from conformance.cli.profile import profile_of
from conformance.reports.run import ChosenProfile
from conformance.reports.verdicts import Criteria
from conformance.requirements import Catalogue, Requirement
from conformance.requirements.catalogue import applies
from conformance.requirements.deviations import shipped_deviations
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import Target, resolve
from conformance.targets.smoke import Greeting, greet
from conformance.wire.messages import HelloResult


@dataclass(frozen=True)
class Selection:
    """The requirements that `--only` names, and the ids that `--require` names."""

    catalogue: Catalogue
    named: Sequence[Requirement]
    required: Sequence[str]


@dataclass(frozen=True)
class Subject:
    """The target, its answer to `hello`, and its profile."""

    target: Target
    greeting: Greeting
    profile: ChosenProfile

    @property
    def hello(self) -> HelloResult:
        return self.greeting.hello


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run before its first case. `options` are the command line options."""

    subject: Subject
    catalogue: Catalogue
    left_out: Sequence[str]  # ids of named requirements that apply to other profiles only
    criteria: Criteria
    options: argparse.Namespace


def select(catalogue: Catalogue, only: Sequence[str], require: Sequence[str]) -> Selection:
    """Read `--only` and `--require`. Raises UsageFault for an unknown word."""
    named = _choose(catalogue, only, "--only")
    return Selection(catalogue, named, _required(catalogue, require, named))


def find_subject(options: argparse.Namespace, command: Sequence[str]) -> Subject:
    """Resolve the target and send `hello`. Raises AdapterFault if it does not answer, UsageFault without a target."""
    target = resolve(options.target, command, options.mapping)
    greeting = greet(
        target,
        timeout_s=options.timeout,
        wire_log=options.wire_log,
        pass_environment=options.env,
        with_config=True,
    )
    profile = profile_of(
        options.profile, target, greeting.hello, timeout_s=options.timeout, pass_environment=options.env
    )
    return Subject(target, greeting, profile)


def make_plan(options: argparse.Namespace, selection: Selection, subject: Subject) -> Plan:
    """Decide the criteria. Raises DeviationError if the file of deviations is wrong."""
    profile, hello = subject.profile.name, subject.hello
    chosen = [requirement for requirement in selection.named if applies(requirement, profile)]
    accepted = _accepted(selection.catalogue, options.deviations, subject.target, profile)
    criteria = Criteria(
        requirements=chosen,
        capabilities=hello.capabilities,
        deviations=accepted.deviations,
        optional=accepted.optional,
        inherited=bool(accepted.deviations) and subject.target.is_checkout and asks_for_inherited(options.deviations),
        today=options.today or datetime.date.today(),
        required=required_of(selection.required, chosen, without_fork=options.no_fork or subject.target.is_node),
        strict=options.strict,
        fail_fast=options.fail_fast,
    )
    return Plan(
        subject=subject,
        catalogue=selection.catalogue,
        left_out=[requirement.id for requirement in selection.named if not applies(requirement, profile)],
        criteria=criteria,
        options=options,
    )


def required_of(required: Sequence[str], chosen: Sequence[Requirement], *, without_fork: bool) -> list[str]:
    """The required ids. `without_fork` leaves out rules that need `fork`, which only Python ports can claim."""
    beyond = {requirement.id for requirement in chosen if without_fork and "fork" in requirement.needs}
    return [id_ for id_ in required if id_ not in beyond]


def _choose(catalogue: Catalogue, words: Sequence[str], option: str) -> list[Requirement]:
    try:
        return catalogue.choose([part for word in words for part in word.split(",")])
    except KeyError as error:
        raise UsageFault(
            f"{option} {error}: there is no such requirement or section{near_rule(error.args[0], catalogue)}"
            f" `run --list` prints all of them"
        ) from error


def _required(catalogue: Catalogue, words: Sequence[str], named: Sequence[Requirement]) -> list[str]:
    ids: list[str] = []
    for word in (part for given in words for part in given.split(",")):
        chosen = named if word == "all" else _choose(catalogue, [word], "--require")
        judged = [requirement.id for requirement in chosen if requirement in named]
        if not judged:
            raise UsageFault(f"--require {word}: --only excludes it; add it there too, or drop one of the two options")
        ids += judged
    return ids


def _accepted(catalogue: Catalogue, given: str | None, target: Target, profile: str) -> Accepted:
    """The user's deviations. Without them: the shipped ones, for a release or the reference at its own profile.

    A checkout inherits the deviations of the release that it is judged as, so that only its own changes fail.
    """
    is_release = target.word in (f"npm:opencode-antigravity-auth@{profile}", f"reference@{profile}")
    usual = shipped_deviations(profile, catalogue) if is_release or target.is_checkout else ()
    return Accepted(usual) if given is None else read_accepted(given, catalogue, usual)

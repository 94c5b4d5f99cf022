"""How is the walk shown to a person?

In plain words on a console: what was loaded, each promise and what came of it, and lines to copy. The last line of
the walk says how many steps came out as promised.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.progress import Progress

from adapter.commands.failure import Refused
from adapter.declaration import declare, objecting
from adapter.demo import stage as staged
from adapter.demo.stage import COUNCIL, PARTS, Stage
from adapter.demo.walk import BEFORE_DECLARATION, STEPS, Step
from adapter.person import find_council
from adapter.register import KINDS
from adapter.settings import Settings

_TRACING_SECONDS = 300


def show(*, once: bool, host: str, port: int, people: int, database: str) -> bool:
    """Set the stage, walk, and unless `once` keep serving; say whether every step came out as promised."""
    console = Console(highlight=False)
    bound = _bound(host, port)
    base = f"http://{host}:{bound.getsockname()[1]}/fhir"
    today = date.today()
    with staged.pds(people, today) as (served, private):
        stage = staged.set_up(Settings().home / "demo", base, served, private, database, today, people)
        console.print("An adult social care department, a PDS and six registered systems, all invented.\n")
        _load(console, stage, people, today)
        staged.register(stage)
        console.print(f"Registered: {', '.join(part.name for part in PARTS.values())}.", soft_wrap=True)
        console.print(f"The endpoint answers at {base}.\n")
        with staged.served(stage, bound):
            kept = _walk(console, stage)
            if not once:
                _invite(console, stage)
            console.print(f"walk: {kept} of {len(STEPS)} steps as promised")
            if not once:
                _keep_serving(console)
        stage.deployment.close()
    return kept == len(STEPS)


def _load(console: Console, stage: Stage, count: int, today: date) -> None:
    console.print(f"The council's extract: {stage.home / 'westminster-cases.xml'}")
    with console.status("loading ..."):
        receipt = staged.load(stage, count, today)
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(receipt.counts.items()))
    problems = ", ".join(f"{number} {effect}" for effect, number in sorted(receipt.problems.items()))
    console.print(f"Loaded: {counts}. Problems in the data, each with its place: {problems}.", soft_wrap=True)


def _walk(console: Console, stage: Stage) -> int:
    kept = _steps(console, stage, STEPS[:BEFORE_DECLARATION], 1)
    for kind in KINDS:
        _declare(console, stage, kind)
    _wait_for_traces(console, stage)
    return kept + _steps(console, stage, STEPS[BEFORE_DECLARATION:], 1 + BEFORE_DECLARATION)


def _declare(console: Console, stage: Stage, kind: str) -> None:
    with stage.deployment.office.transaction() as transaction:
        council = find_council(transaction, COUNCIL)
        now = stage.deployment.now()
        listed = objecting(transaction, stage.deployment.policy, council.id, kind, now)
    with console.status("declaring ..."):
        declare(stage.deployment, COUNCIL, kind, now, listed, "demo officer")
    console.print(f"An officer declares the {kind} register complete: {listed} object.")


def _wait_for_traces(console: Console, stage: Stage) -> None:
    waiting = total = staged.waiting(stage)
    until = time.monotonic() + _TRACING_SECONDS
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("asking PDS", total=total)
        while waiting and time.monotonic() < until:
            time.sleep(0.2)
            waiting = staged.waiting(stage)
            progress.update(task, completed=total - waiting)
    console.print(f"PDS was asked about {staged.traced(stage)} people; who objects was not among them.\n")


def _steps(console: Console, stage: Stage, steps: Sequence[Step], first: int) -> int:
    kept = 0
    for number, step in enumerate(steps, first):
        shown = step.act(stage)
        kept += shown.kept
        mark = "[green]as promised[/]" if shown.kept else "[red]NOT as promised[/]"
        console.print(f"{number:2}. {step.promise}: {mark}", soft_wrap=True)
        for line in shown.lines:
            console.print(f"      {line}", markup=False, soft_wrap=True)
    console.print()
    return kept


def _invite(console: Console, stage: Stage) -> None:
    asker = stage.askers["ward"]
    person = stage.cast.known
    headers = " ".join(f"-H '{name}: {value}'" for name, value in asker.headers.items())
    query = "&".join(
        (
            f"identifier=https://fhir.nhs.uk/Id/nhs-number%7C{person.nhs_number}",
            f"birthdate={person.born.isoformat()}",
            "_revinclude=CareTeam:patient",
            "_revinclude=EpisodeOfCare:patient",
        )
    )
    console.print("To ask yourself, as the ward (every person here is invented):\n")
    for line in (
        f"TOKEN=$(.venv/bin/asc-fhir token {stage.base} --client {asker.client_id} --key {stage.key_file('ward')}"
        f" --key-id ward)",
        f"curl -s -H \"Authorization: Bearer $TOKEN\" {headers} -d '{query}' {stage.base}/Patient/_search",
        f"curl -s {stage.base}/metadata",
        f'curl -s -H "Authorization: Bearer $TOKEN" "{stage.base}/\\$my-access"',
    ):
        console.print(line, markup=False, soft_wrap=True)
    console.print()


def _keep_serving(console: Console) -> None:
    console.print("Serving until you press Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Ended.")


def _bound(host: str, port: int) -> socket.socket:
    # Listening begins here, so that whoever asks before the server has started waits.
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError:
        raise Refused(f"port {port} of {host} is taken: name another with --port") from None

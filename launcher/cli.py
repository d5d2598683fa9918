"""The launcher's command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from launcher import checking, doctor, environment, inside, serving
from launcher.console import Console
from launcher.install import Installer
from launcher.job_arguments import add_job_arguments
from launcher.problems import LauncherError, explain

INTERRUPTED = 130
OPTIONAL_SETS = ("chatterbox", "cluster")
MODEL_ACTIONS = ("list", "download", "verify")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all sub-commands, from which the documentation is checked."""
    parser = argparse.ArgumentParser(
        prog="start.py",
        description="Installs what is missing, then serves (default), tests, speaks or examines.",
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser("serve", help="serve the page and the API (default)")
    serve.add_argument("--host", help="address to listen on, instead of the configured one")
    serve.add_argument("--port", type=_port_number, help="TCP port, instead of the configured one")
    _add_config(serve)
    setup = commands.add_parser("setup", help="install only")
    setup.add_argument(
        "--with", dest="extras", action="append", choices=OPTIONAL_SETS, default=[],
        help="also install this set of packages",
    )  # fmt: skip
    setup.add_argument("--reinstall", action="store_true", help="make the environment anew")
    test = commands.add_parser("test", help="install the test tools, then lint and run all tests")
    test.add_argument("pytest_args", nargs="*", metavar="pytest args", help="run pytest alone with these")
    say = commands.add_parser("say", help="speak a text into a file")
    say.add_argument("text", help="what to say")
    say.add_argument("-o", "--output", required=True, type=Path, help="audio file; its ending is the format")
    say.add_argument("--voice", help="name of a voice")
    say.add_argument("--speed", type=float, help="1 is the voice's own speed")
    _add_config(say)
    examine = commands.add_parser("doctor", help="say what is installed, which engine runs and what is wrong")
    _add_config(examine)
    models = commands.add_parser("models", help="list, fetch or check the model files")
    models.add_argument("action", choices=MODEL_ACTIONS)
    models.add_argument("--model", help="a Chatterbox model to fetch: english, multilingual, turbo, nano, vc ...")
    _add_config(models)
    add_job_arguments(commands.add_parser("job", help="hand long works to the running service, look after them"))
    keys = commands.add_parser("keys", help="make, list or remove API keys")
    keys.add_argument("action", choices=("add", "list", "remove"))
    keys.add_argument("name", nargs="?", help="name of the key; to remove, its name or id")
    keys.add_argument("--scope", action="append", choices=("speak", "voices", "admin"), help="may be repeated")
    _add_config(keys)
    cluster = commands.add_parser("cluster", help="make this machine a node of a cluster until it is stopped")
    cluster.add_argument("--address", help="by which the other nodes reach this machine, else 127.0.0.1")
    cluster.add_argument("--join", help="address and port of the head; without, this machine is the head")
    cluster.add_argument("--no-replicas", action="store_true", help="only ask others to speak, for a service here")
    _add_config(cluster)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run a command line and return the exit code."""
    console = Console()
    try:
        return _dispatch(list(argv), console)
    except LauncherError as error:
        console.problem(error)
        return 1
    except KeyboardInterrupt:
        console.say("Stopped. What is already installed stays; run the same command again to continue.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough; without this Python complains again while it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _dispatch(argv: list[str], console: Console) -> int:
    parser = build_parser()
    if argv[:1] == ["test"] and argv[1:] not in (["-h"], ["--help"]):
        # Everything after "test" belongs to pytest, options included, which argparse would try to read.
        return _test(argv[1:], console)
    arguments = parser.parse_args(_with_default(argv))
    if arguments.command == "job":
        return _job(argv[1:], console)
    run: dict[str, Callable[[argparse.Namespace, Console], int]] = {
        "serve": _serve,
        "setup": _setup,
        "say": _say,
        "doctor": _doctor,
        "models": _models,
        "keys": _keys,
        "cluster": _cluster,
    }
    return run[arguments.command](arguments, console)


def _with_default(argv: list[str]) -> list[str]:
    """`start.py` and `start.py --port 8000` mean `serve`."""
    if not argv or (argv[0].startswith("-") and argv[0] not in {"-h", "--help"}):
        return ["serve", *argv]
    return argv


def _ensure(venv: Path, console: Console, extras: Sequence[str] = (), *, reinstall: bool = False) -> Path:
    """Bring the environment up to date; an error of the system becomes a sentence."""
    try:
        return Installer(venv, console).ensure(extras, reinstall=reinstall)
    except OSError as error:
        raise explain(str(error), "Installing") from error


def _serve(arguments: argparse.Namespace, console: Console) -> int:
    venv = environment.venv_folder()
    python = _ensure(venv, console)
    if inside.is_inside(venv):
        return serving.serve(arguments.host, arguments.port, arguments.config, console.say)
    return inside.hand_over(python, "start.py", ["serve", *_flags(arguments, "host", "port", "config")])


def _setup(arguments: argparse.Namespace, console: Console) -> int:
    venv = environment.venv_folder()
    if arguments.reinstall and inside.is_inside(venv):
        raise LauncherError(
            "The environment cannot be made anew by its own Python.",
            "Leave it (deactivate) and run: python3 start.py setup --reinstall",
        )
    _ensure(venv, console, arguments.extras, reinstall=arguments.reinstall)
    console.say(f"Installed in {venv}. Next: python3 start.py")
    return 0


def _test(pytest_args: list[str], console: Console) -> int:
    python = _ensure(environment.venv_folder(), console, ["test", "chatterbox"])
    return checking.run_checks(python, pytest_args, Console())


def _say(arguments: argparse.Namespace, console: Console) -> int:
    python = _ensure(environment.venv_folder(), console)
    flags = _flags(arguments, "output", "voice", "speed", "config")
    # "--" lets a text start with a dash.
    return inside.hand_over(python, "cli.py", ["say", *flags, "--", arguments.text])


def _doctor(arguments: argparse.Namespace, console: Console) -> int:
    healthy = True
    output = Console(sys.stdout)
    for finding in doctor.examine(environment.venv_folder(), arguments.config):
        healthy = healthy and finding.ok is not False
        for line in finding.lines():
            output.say(line)
    return 0 if healthy else 1


def _models(arguments: argparse.Namespace, console: Console) -> int:
    python = _ensure(environment.venv_folder(), console)
    return inside.hand_over(python, "cli.py", ["models", arguments.action, *_flags(arguments, "model", "config")])


def _job(words: list[str], console: Console) -> int:
    python = _ensure(environment.venv_folder(), console)
    return inside.hand_over(python, "job_cli.py", words)


def _keys(arguments: argparse.Namespace, console: Console) -> int:
    python = _ensure(environment.venv_folder(), console)
    scopes = [part for scope in arguments.scope or () for part in ("--scope", scope)]
    name = ["--", arguments.name] if arguments.name else []
    flags = [*scopes, *_flags(arguments, "config")]
    return inside.hand_over(python, "cli.py", ["keys", *flags, arguments.action, *name])


def _cluster(arguments: argparse.Namespace, console: Console) -> int:
    python = _ensure(environment.venv_folder(), console, ["cluster"])
    switch = ["--no-replicas"] if arguments.no_replicas else []
    return inside.hand_over(python, "cli.py", ["cluster", *switch, *_flags(arguments, "address", "join", "config")])


def _flags(arguments: argparse.Namespace, *names: str) -> list[str]:
    """The given flags as they were on the command line."""
    found: list[str] = []
    for name in names:
        value = getattr(arguments, name)
        if value is not None:
            found += [f"--{name}", str(value)]
    return found


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="configuration file instead of config.yaml")


def _port_number(text: str) -> int:
    port = int(text) if text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return port

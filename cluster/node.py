"""Makes this machine a node of a Ray cluster until it is stopped: the head with the engine, or one that joins."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import psutil

from cluster.deployment import EngineRecipe, Scale, deploy
from exceptions import ModelLoadError

PORT: Final = 6379
"""Ray's own default for the head."""
STARTED: Final = "Ray runtime started"
STOP_SECONDS: Final = 40.0
"""A node has 30 s by itself to end what it is doing."""
REPOSITORY: Final = Path(__file__).resolve().parent.parent


def run_head(recipe: EngineRecipe, scale: Scale, address: str, tell: Callable[[str], None]) -> int:
    """Start a head, deploy the engine on it and stay until interrupted.

    Args:
        recipe: of the engine.
        scale: of the deployment.
        address: by which the other nodes reach this machine.
        tell: shows a line to the person.

    Returns:
        exit code of the node.

    Raises:
        ModelLoadError: the node or the engine does not start.
    """
    environment = _environment()
    _ray(["get-auth-token", "--generate"], environment)
    with _node(["--head", f"--port={PORT}", "--include-dashboard=false"], address, environment) as node:
        tell(f"The head of a cluster runs at {address}:{PORT}; its token is in ~/.ray/auth_token.")
        _deploy(recipe, scale, f"{address}:{PORT}", environment)
        tell(f"{recipe.name} is ready on {scale.least} to {scale.most} replicas. Now start the service with")
        tell(f"CHATTERBOX_CLUSTER__ENABLED=true CHATTERBOX_MODELS__ENGINE={recipe.name} python3 start.py")
        return _stay(node, tell)


def run_worker(head: str, address: str, replicas: bool, tell: Callable[[str], None]) -> int:
    """Join a cluster and stay until interrupted.

    Args:
        head: address and port of the head.
        address: by which the other nodes reach this machine.
        replicas: whether this machine speaks; otherwise it only asks others to.
        tell: shows a line to the person.

    Returns:
        exit code of the node.

    Raises:
        ModelLoadError: the node does not start.
    """
    resources = [] if replicas else ["--num-cpus=0", "--num-gpus=0"]
    with _node([f"--address={head}", *resources], address, _environment()) as node:
        tell(f"This machine is a node of the cluster at {head}.")
        return _stay(node, tell)


def _environment() -> dict[str, str]:
    """Processes of the node find this repository, need the token, and report to nobody."""
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}


@contextlib.contextmanager
def _node(options: list[str], address: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A node that is up; it ends with the block."""
    command = [*_command(), "start", "--block", "--disable-usage-stats", f"--node-ip-address={address}", *options]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as node:
        try:
            last = "no reason given"
            for line in node.stdout or ():
                if STARTED in line:
                    break
                last = line.strip() or last
            else:
                raise ModelLoadError(f"Ray does not start here: {last}")
            yield node
        finally:
            _stop(node)


def _stop(node: subprocess.Popen[str]) -> None:
    """End the node with all its processes; those that outlive it would keep the next one from starting.

    Ray itself has been seen to hang in its end, with all others gone.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        itself = psutil.Process(node.pid)
        processes = [itself, *itself.children(recursive=True)]
        node.terminate()
        for process in psutil.wait_procs(processes, STOP_SECONDS)[1]:
            process.kill()
    node.wait()


def _stay(node: subprocess.Popen[str], tell: Callable[[str], None]) -> int:
    """Wait until the node ends; if it does so by itself, say why."""
    last = deque((line for line in node.stdout or () if line.strip()), maxlen=1)
    code = node.wait()
    for line in last:
        tell(line.rstrip())
    return code


def _deploy(recipe: EngineRecipe, scale: Scale, address: str, environment: dict[str, str]) -> None:
    """Deploy from a process of its own: one that Ray was in no longer stops cleanly on SIGTERM."""
    with ProcessPoolExecutor(1, get_context("spawn"), _set_environment, (environment,)) as process:
        try:
            process.submit(_connect_and_deploy, recipe, scale, address).result()
        except BrokenExecutor as error:
            raise ModelLoadError("The engine could not be deployed: Ray has ended the process.") from error


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def _connect_and_deploy(recipe: EngineRecipe, scale: Scale, address: str) -> None:
    import ray

    try:
        ray.init(address=address, log_to_driver=False)
        deploy(recipe, scale)
    except (ConnectionError, RuntimeError, ray.exceptions.RayError) as error:
        raise ModelLoadError(f"The engine could not be deployed: {error}") from error


def _ray(arguments: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run([*_command(), *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ModelLoadError(f"Ray does not run here: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def _command() -> list[str]:
    return [sys.executable, "-m", "ray.scripts.scripts"]

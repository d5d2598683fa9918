"""Makes this machine a node of a Ray cluster until it is stopped: the head with the engine, or one that joins."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cluster.deployment import EngineRecipe, Scale, deploy
from exceptions import ModelLoadError

PORT: Final = 6379
"""Ray's own default for the head."""
STOP_SECONDS: Final = 20.0
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
        _deploy(recipe, scale, f"{address}:{PORT}")
        tell(f"{recipe.name} is ready on {scale.least} to {scale.most} replicas. Now start the service with")
        tell(f"CHATTERBOX_CLUSTER__ENABLED=true CHATTERBOX_MODELS__ENGINE={recipe.name} python3 start.py")
        return node.wait()


def run_worker(head: str, address: str, replicas: bool) -> int:
    """Join a cluster and stay until interrupted.

    Args:
        head: address and port of the head.
        address: by which the other nodes reach this machine.
        replicas: whether this machine speaks; otherwise it can only be asked to, as one with a service can.

    Returns:
        exit code of the node.

    Raises:
        ModelLoadError: Ray is not installed.
    """
    resources = [] if replicas else ["--num-cpus=0", "--num-gpus=0"]
    with _node([f"--address={head}", *resources], address, _environment()) as node:
        return node.wait()


def _environment() -> dict[str, str]:
    """Processes of the node find this repository, need the token, and report to nobody."""
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}


@contextlib.contextmanager
def _node(options: list[str], address: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [*_command(), "start", "--block", "--disable-usage-stats", f"--node-ip-address={address}", *options]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    node = subprocess.Popen(command, env=environment)
    try:
        yield node
    finally:
        node.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            node.wait(STOP_SECONDS)
        node.kill()


def _deploy(recipe: EngineRecipe, scale: Scale, address: str) -> None:
    os.environ.update(_environment())
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

"""Decides what has to go so that the folders keep their limits; removes nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from config_sections.resource_management import CleanupSettings
from management.items import Item

GIGABYTE = 1 << 30
DAY = 86_400.0

Action = Literal[
    "corrupted_files_cleanup",
    "temp_age_cleanup",
    "temp_count_cleanup",
    "output_size_cleanup",
    "vc_inputs_size_cleanup",
]
ACTIONS: tuple[Action, ...] = (
    "corrupted_files_cleanup",
    "temp_age_cleanup",
    "temp_count_cleanup",
    "output_size_cleanup",
    "vc_inputs_size_cleanup",
)


@dataclass(frozen=True)
class Contents:
    """The items of each folder, oldest first."""

    outputs: list[Item]
    temp: list[Item]
    vc_inputs: list[Item]
    voices: list[Item]


@dataclass(frozen=True)
class Removal:
    """One item that is to go, and why."""

    action: Action
    item: Item


def plan_removals(
    contents: Contents, limits: CleanupSettings, now: float, in_use: Callable[[Item], bool] = lambda item: False
) -> list[Removal]:
    """What to remove, in order.

    Args:
        contents: what lies there.
        limits: what may lie there.
        now: seconds since the epoch.
        in_use: whether somebody reads or writes an item; such, kept ones and young ones stay whatever the limits say.
    """
    youngest = now - limits.grace_period_minutes * 60

    def free(item: Item) -> bool:
        return not item.kept and item.modified < youngest and not in_use(item)

    audio = [*contents.outputs, *contents.vc_inputs, *contents.voices]
    oldest = now - limits.temp_dir_max_age_days * DAY
    plan = [Removal("corrupted_files_cleanup", item) for item in audio if item.empty and free(item)]
    plan += [Removal("temp_age_cleanup", item) for item in contents.temp if item.modified < oldest and free(item)]
    gone = {id(removal.item) for removal in plan}

    def left(items: Iterable[Item]) -> list[Item]:
        return [item for item in items if id(item) not in gone]

    temp = left(contents.temp)
    excess = sum(len(item.files) for item in temp) - limits.temp_dir_max_files
    plan += [Removal("temp_count_cleanup", item) for item in _until(temp, excess, lambda item: len(item.files), free)]
    sized: tuple[tuple[Action, list[Item], float], ...] = (
        ("output_size_cleanup", contents.outputs, limits.output_dir_max_size_gb),
        ("vc_inputs_size_cleanup", contents.vc_inputs, limits.vc_inputs_max_size_gb),
    )
    for action, items, gigabytes in sized:
        surplus = sum(item.size for item in left(items)) - round(gigabytes * GIGABYTE)
        # What has no audio was put there by somebody else.
        ours = [item for item in left(items) if item.audio]
        plan += [Removal(action, item) for item in _until(ours, surplus, lambda item: item.size, free)]
    return plan


def _until(
    items: Iterable[Item], excess: int, weight: Callable[[Item], int], free: Callable[[Item], bool]
) -> Iterable[Item]:
    """The first of those that may go, until their weights come to `excess`."""
    for item in items:
        if excess <= 0:
            return
        if free(item):
            excess -= weight(item)
            yield item

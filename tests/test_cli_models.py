"""`models` and `doctor` on Chatterbox checkpoints."""

import json
import struct
from pathlib import Path

import pytest

import cli
from speech.engines.chatterbox.checkpoints import CHECKPOINTS
from speech.engines.chatterbox.inventory import inventory, is_whole


def write_tensors(path: Path, numbers: int = 4) -> None:
    head = json.dumps({"weight": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + bytes(4 * numbers))


@pytest.fixture
def turbo(tmp_path: Path) -> Path:
    wanted = CHECKPOINTS["turbo"]
    folder = tmp_path / "models" / wanted.folder
    folder.mkdir(parents=True)
    for file in wanted.files:
        write_tensors(folder / file.name)
    return folder


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text("models:\n  local_dir: models\n  allow_hub: false\n", "utf-8")
    return file


def test_a_model_on_the_disk_is_listed(turbo: Path, configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "list", "--config", str(configuration)]) == 0

    shown = capsys.readouterr().out
    assert f"chatterbox turbo: present in {turbo}" in shown
    assert "chatterbox nano: not on this machine (about 1.9 GB)" in shown


def test_a_broken_off_download_is_found(turbo: Path, configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = turbo / CHECKPOINTS["turbo"].t3
    weights.write_bytes(weights.read_bytes()[:-1])

    assert cli.main(["models", "verify", "--config", str(configuration)]) == 1
    assert f"damaged in {turbo}: {weights.name}" in capsys.readouterr().out


def test_a_model_that_is_here_is_not_downloaded(
    turbo: Path, configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["models", "download", "--config", str(configuration), "--model"]

    assert cli.main([*command, "turbo"]) == 0
    assert str(turbo) in capsys.readouterr().out
    assert cli.main([*command, "nano"]) == 1
    assert "models.allow_hub forbids" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"12345678", struct.pack("<Q", 2**60), struct.pack("<Q", 2) + b"[]"])
def test_what_is_no_tensor_file_is_not_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)

    assert not is_whole(tmp_path / "x.safetensors")
    assert not is_whole(tmp_path / "absent.safetensors")


def test_every_released_model_has_a_line(tmp_path: Path) -> None:
    assert [status.name for status in inventory(tmp_path, tmp_path)] == list(CHECKPOINTS)
    assert not any(status.present for status in inventory(tmp_path, tmp_path))

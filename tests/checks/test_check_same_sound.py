"""Check 38: the same plan with the same seed gives the same samples, whatever else runs and in whichever process."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api_models import TTSRequest
from config import load_settings
from core_engine import CoreEngine
from tests.conftest import FOLDERS, CoreMaker
from tests.support.tones import decode

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = "The first sentence of it. And here stands another one! Does a third follow? Yes, it does, and it is the last."

pytestmark = pytest.mark.checks


def spoken(core: CoreEngine, seed: int = 38) -> str:
    """Digest of the samples."""
    result = core.tts(TTSRequest(text=TEXT, seed=seed, export_formats=["wav"], bypass_whisper_checking=True))
    samples, _ = decode(result.files[0].path)
    return hashlib.sha256(samples.tobytes()).hexdigest()


def spoken_elsewhere(engine: str, folder: Path) -> str:
    """The same from a process of its own."""
    command = [sys.executable, "-m", "tests.checks.test_check_same_sound", engine, str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


def core_of(engine: str, folder: Path) -> CoreEngine:
    paths = {f"{name}_dir": str(folder / name) for name in FOLDERS}
    return CoreEngine(load_settings(None, {"models": {"engine": engine}, "paths": paths}))


@pytest.mark.parametrize("max_batch", [1, 4])
def test_check_38_the_tone_engine_says_the_same_alone_and_among_others(make_core: CoreMaker, max_batch: int) -> None:
    core = make_core(max_batch=max_batch)
    alone = spoken(core)
    assert spoken(core) == alone
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: spoken(core), range(8))) == {alone}


@pytest.mark.process
def test_check_38_the_tone_engine_says_the_same_in_another_process(make_core: CoreMaker, tmp_path: Path) -> None:
    assert spoken_elsewhere("tone", tmp_path) == spoken(make_core())


@pytest.mark.truth
def test_check_38_the_embedded_engine_says_the_same_alone_among_others_and_in_another_process(tmp_path: Path) -> None:
    # One folder for both: the form of the model is chosen by timing, once for each folder of models.
    core = core_of("embedded", tmp_path)
    try:
        alone = spoken(core)
        with ThreadPoolExecutor(4) as pool:
            among = list(pool.map(lambda number: spoken(core, 38 + number % 2), range(4)))
    finally:
        core.close()
    assert among[0] == among[2] == alone
    assert spoken_elsewhere("embedded", tmp_path) == alone


if __name__ == "__main__":
    other = core_of(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.write(spoken(other))
    other.close()

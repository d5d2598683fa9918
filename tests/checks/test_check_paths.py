"""Hostile names on every route that takes one, and deletions that were not asked for."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from config import Settings
from tests.support.recordings import wav_bytes

pytestmark = pytest.mark.checks

API = "/api/v1"
NAMES = [
    "../secret.wav", "../../secret.wav", "a/../../secret.wav", "..", ".", "/etc/passwd", "/secret.wav",
    "//secret.wav", "..\\secret.wav", "C:\\secret.wav", "C:secret.wav", "\\\\host\\share\\x.wav",
    "%2e%2e/secret.wav", "..%2fsecret.wav", "%252e%252e%252fsecret.wav", "file:///etc/passwd", "~/secret.wav",
    "$HOME/secret.wav", "*.wav", "?.wav", "[a-z].wav", "**/*.wav", "x.wav\x00.txt", "x\x00.wav", "x\n.wav", "CON",
    "con.wav", "NUL.wav", "COM1.wav", "LPT9.wav", "AUX/x.wav", "x.wav.", "x.wav ", " x.wav", ".hidden.wav",
    ".index.sqlite3", "x" * 300 + ".wav", "é" * 150 + ".wav", "x.wav:stream", "a/b/c/d/e/f/g/h/i/j.wav", "link.wav",
    "linked/secret.wav", "x\u202egnp.wav", "\ud800.wav", "x|y.wav", '<x>".wav',
]  # fmt: skip
KINDS = ["voice", "vc_input", "output"]


def tree(*folders: Path) -> dict[str, str]:
    """Every file below the folders with its content's hash, links as links; not the service's own records."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.relative_to(folder).parts[0] in ("logs", "jobs"):
                continue
            if path.is_symlink():
                found[str(path)] = "a link"
            elif path.is_file() and not path.name.startswith(".index"):
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Path:
    """A recording in each root, a secret beside the roots, and links from the roots to the secret."""
    (tmp_path / "secret.wav").write_bytes(wav_bytes())
    paths = settings.paths
    for root in (paths.reference_audio_dir, paths.vc_input_dir, paths.output_dir):
        root.mkdir(exist_ok=True)
        (root / "kept.wav").write_bytes(wav_bytes())
        (root / "link.wav").symlink_to(tmp_path / "secret.wav")
        (root / "linked").symlink_to(tmp_path, target_is_directory=True)
    return tmp_path


def refused(reply: Any) -> bool:
    assert "Traceback" not in reply.text and "RIFF" not in reply.text[:10]
    return 400 <= reply.status_code < 500


def in_url(name: str) -> str:
    # A client would take whole dots out of the address itself.
    return quote(name.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E" if not name.strip(".") else ".")


@pytest.mark.parametrize("kind", KINDS)
def test_check_21_hostile_names_in_addresses(client: TestClient, world: Path, kind: str) -> None:
    before = tree(world)
    edit: dict[str, Any] = {"keep": True} if kind == "output" else {"description": "x"}
    for name in NAMES:
        address = f"{API}/{kind}/{in_url(name)}"
        replies = [
            client.get(address),
            client.put(f"{address}/metadata", json=edit),
            client.delete(address, params={"confirm": True}),
            client.get(f"/outputs/{in_url(name)}"),
            *([client.get(f"{address}/audio")] if kind != "output" else []),
            *([client.get(f"{address}/preview")] if kind == "voice" else []),
        ]
        assert all(refused(reply) for reply in replies), (name, [reply.status_code for reply in replies])
    assert tree(world) == before


@pytest.mark.parametrize("kind", KINDS)
def test_check_21_hostile_names_in_filters(client: TestClient, world: Path, kind: str) -> None:
    before = tree(world)
    for name in NAMES:
        spelled = name.encode("utf-8", "replace").decode()
        for query in ({"filenames": spelled}, {"folder": spelled}, {"project": spelled}):
            listed = client.get(f"{API}/{kind}s", params=query)
            assert refused(listed) or listed.json()["total"] == 0, (name, query)
            gone = client.delete(f"{API}/{kind}s", params={**query, "confirm": True})
            assert refused(gone) or gone.json()["deleted_count"] == 0, (name, query)
    assert tree(world) == before


def test_check_21_hostile_names_in_bodies(client: TestClient, world: Path) -> None:
    before = tree(world)
    for name in NAMES:
        # JSON can carry anything; a lone surrogate is no UTF-8 and never gets so far.
        spelled = name.encode("utf-8", "replace").decode()
        replies = [
            client.post(f"{API}/outputs/zip", json={"filenames": [spelled]}),
            client.post(f"{API}/tts", json={"text": "Hello there.", "voice": spelled}),
            client.put(f"{API}/voices/default", json={"voice": spelled}),
        ]
        assert all(refused(reply) for reply in replies), name
    assert tree(world) == before


def test_check_21_hostile_folders_and_new_names(client: TestClient, world: Path, settings: Settings) -> None:
    root = settings.paths.reference_audio_dir
    client.put(f"{API}/voice/kept.wav/metadata", json={"aliases": ["boss"]})
    address = f"{API}/voice/boss/metadata"
    outside = {path: digest for path, digest in tree(world).items() if not Path(path).is_relative_to(root)}
    for name in NAMES:
        spelled = name.encode("utf-8", "replace").decode()
        for change in ({"folder_path": spelled}, {"name": spelled}):
            reply = client.put(address, json=change)
            if reply.status_code == 200:
                # Odd, but a good name on every system; such as "%2e%2e".
                found = root / reply.json()["filename"]
                assert found.is_file() and found.resolve().is_relative_to(root.resolve())
                back = {"folder_path": "", "name": "kept"}
                assert client.put(address, json=back).status_code == 200
            else:
                assert refused(reply), name
    after = {path: digest for path, digest in tree(world).items() if not Path(path).is_relative_to(root)}
    assert after == outside


def test_check_21_hostile_names_of_uploads(client: TestClient, world: Path, settings: Settings) -> None:
    before = tree(world)
    for name in NAMES:
        spelled = name.encode("utf-8", "replace").decode()
        for route, field in (("voice", "voice_file"), ("vc_input", "vc_input_file")):
            files = {field: ("x.wav", wav_bytes(), "audio/wav")}
            client.post(f"{API}/{route}", files=files, data={"name": spelled})
            client.post(f"{API}/{route}", files=files, data={"folder_path": spelled})
            client.post(f"{API}/{route}", files={field: (spelled, wav_bytes(), "audio/wav")})
    after = tree(world)
    assert {path: digest for path, digest in after.items() if path in before} == before
    roots = (settings.paths.reference_audio_dir, settings.paths.vc_input_dir)
    for path in map(Path, after.keys() - before.keys()):
        assert any(path.is_relative_to(root) for root in roots)
        assert not any("linked" in part for part in path.parts)


def test_check_21_one_name_in_two_spellings_is_one_file(client: TestClient, settings: Settings) -> None:
    files = {"voice_file": ("x.wav", wav_bytes(), "audio/wav")}
    first = client.post(f"{API}/voice", files=files, data={"name": "cafe\u0301"})
    assert first.json()["filename"] == "caf\u00e9.wav"
    for other in ("caf\u00e9", "CAF\u00c9", "Cafe\u0301"):
        assert client.post(f"{API}/voice", files=files, data={"name": other}).status_code == 409
    assert client.get(f"{API}/voices").json()["total"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_check_22_bulk_deletion_needs_filter_and_confirmation(client: TestClient, world: Path, kind: str) -> None:
    before = tree(world)
    address = f"{API}/{kind}s"
    assert client.delete(address).status_code == 422
    assert client.delete(address, params={"search": "kept"}).status_code == 422
    assert client.delete(address, params={"all": True}).status_code == 422
    assert client.delete(address, params={"confirm": True}).status_code == 422
    assert client.delete(address, params={"confirm": True, "folder": "/"}).status_code == 422
    assert client.delete(f"{API}/{kind}/kept.wav").status_code == 422
    for query in ({"search": "kept"}, {"all": True}):
        told = client.delete(address, params={**query, "dry_run": True}).json()
        assert told["deleted_files"] == ["kept.wav"] and told["dry_run"] is True
    assert client.delete(f"{API}/{kind}/kept.wav", params={"dry_run": True}).json()["deleted_count"] == 1
    assert tree(world) == before
    assert client.delete(address, params={"confirm": True, "all": True}).json()["deleted_files"] == ["kept.wav"]
    assert "kept.wav" not in " ".join(path for path in tree(world) if kind in path)

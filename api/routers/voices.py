"""The voices that people brought: upload, lists, changes, deletion, previews."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse

from api.deps import Core, Files, Workers
from api.library_query import Deleting, Pages, Wanted, delete_many, delete_one, folders_response
from api.library_replies import recording_response, voice_metadata
from api.uploads import VoiceForm, take_in
from api.work import run_until_hang_up
from api_models.library import (
    DefaultVoice,
    DeletionResponse,
    FoldersResponse,
    VoiceEdit,
    VoiceMetadata,
    VoicesResponse,
    VoiceUploadResponse,
)

router = APIRouter(tags=["voices"])


@router.get("/voices")
async def voices(core: Core, files: Files, pages: Pages, wanted: Wanted) -> VoicesResponse:
    """A page of voices, by name."""
    store = core.voices
    look = functools.partial(store.page, wanted, pages.page, pages.page_size)
    entries, total = await asyncio.get_running_loop().run_in_executor(files, look)
    default = store.default
    found = [voice_metadata(entry, default) for entry in entries]
    return VoicesResponse(voices=found, default_voice=default, **pages.facts(len(found), total))


@router.get("/voices/folders")
async def voice_folders(core: Core, files: Files) -> FoldersResponse:
    """All folders of voices."""
    return folders_response(await asyncio.get_running_loop().run_in_executor(files, core.voices.folders))


@router.put("/voices/default")
async def set_default_voice(body: DefaultVoice, core: Core, files: Files) -> DefaultVoice:
    """Choose the voice for requests that name none."""
    name = await asyncio.get_running_loop().run_in_executor(files, core.casting.set_default, body.voice)
    return DefaultVoice(voice=name)


@router.delete("/voices")
async def delete_voices(core: Core, files: Files, wanted: Wanted, deleting: Deleting) -> DeletionResponse:
    """Delete all voices that a filter finds."""
    deleting.check_many(wanted)
    work = functools.partial(delete_many, core.voices, wanted, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)


@router.post("/voice", form_limits={"max_files": 1, "max_fields": 20})
async def upload_voice(
    request: Request,
    core: Core,
    workers: Workers,
    form: Annotated[VoiceForm, Form(media_type="multipart/form-data")],
) -> VoiceUploadResponse:
    """Take a recording in as a voice, and say what to expect of its clone."""
    about, store = form.details(), core.voices
    work = functools.partial(take_in, core, store, form, form.folder_path, about)
    entry = await run_until_hang_up(request, workers, core.settings.server.request_timeout_seconds, work)
    core.casting.prepare(entry.name)
    made = voice_metadata(entry, store.default)
    verdict = made.quality.verdict if made.quality else "unknown"
    message = f"{entry.name} is a voice now; a {verdict} recording for cloning."
    return VoiceUploadResponse(message=message, filename=entry.name, voice_metadata=made)


@router.get("/voice/{name:path}/audio", response_class=FileResponse)
async def voice_audio(name: str, core: Core, files: Files) -> FileResponse:
    """The recording itself; byte ranges are answered."""
    found = await asyncio.get_running_loop().run_in_executor(files, core.voices.find, name, "name")
    return recording_response(found)


@router.get("/voice/{name:path}/preview", response_class=FileResponse)
async def voice_preview(request: Request, name: str, core: Core, workers: Workers) -> FileResponse:
    """A short clip spoken with the voice; also for the engine's own voices. Made at the first look, then kept."""
    timeout = core.settings.server.request_timeout_seconds
    path = await run_until_hang_up(
        request, workers, timeout, lambda cancel: core.casting.preview(name, functools.partial(core.tts, cancel=cancel))
    )
    return FileResponse(path, media_type="audio/mpeg", filename="preview.mp3", content_disposition_type="inline")


@router.put("/voice/{name:path}/metadata")
async def edit_voice(name: str, body: VoiceEdit, core: Core, files: Files) -> VoiceMetadata:
    """Change what is said of a voice, rename it or move it; fields that are left out stay."""
    store = core.voices
    changes = body.model_dump(exclude_unset=True, exclude={"name", "folder_path"})
    work = functools.partial(store.edit, name, changes, name=body.name, folder=body.folder_path)
    entry = await asyncio.get_running_loop().run_in_executor(files, work)
    return voice_metadata(entry, store.default)


@router.get("/voice/{name:path}")
async def voice(name: str, core: Core, files: Files) -> VoiceMetadata:
    """One voice, by path, file name or alias."""
    store = core.voices
    entry = await asyncio.get_running_loop().run_in_executor(files, store.entry, name)
    return voice_metadata(entry, store.default)


@router.delete("/voice/{name:path}")
async def delete_voice(name: str, core: Core, files: Files, deleting: Deleting) -> DeletionResponse:
    """Delete one voice."""
    deleting.check()
    store = core.voices
    work = functools.partial(delete_one, store, name, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)

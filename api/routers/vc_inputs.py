"""Recordings to be converted: upload, lists, changes, deletion."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse

from api.deps import Core, Files, Workers
from api.library_query import Deleting, Pages, Wanted, delete_many, delete_one, folders_response
from api.library_replies import recording_response, vc_input_metadata
from api.uploads import VCInputForm, take_in
from api.work import run_until_hang_up
from api_models.library import (
    DeletionResponse,
    FoldersResponse,
    VCInputEdit,
    VCInputMetadata,
    VCInputsResponse,
    VCInputUploadResponse,
)

router = APIRouter(tags=["vc inputs"])


@router.get("/vc_inputs")
async def vc_inputs(core: Core, files: Files, pages: Pages, wanted: Wanted) -> VCInputsResponse:
    """A page of recordings, the newest first."""
    look = functools.partial(core.vc_inputs.page, wanted, pages.page, pages.page_size, newest_first=True)
    entries, total = await asyncio.get_running_loop().run_in_executor(files, look)
    found = [vc_input_metadata(entry) for entry in entries]
    return VCInputsResponse(files=found, total_files=total, **pages.facts(len(found), total))


@router.get("/vc_inputs/folders")
async def vc_input_folders(core: Core, files: Files) -> FoldersResponse:
    """All folders of recordings."""
    return folders_response(await asyncio.get_running_loop().run_in_executor(files, core.vc_inputs.folders))


@router.delete("/vc_inputs")
async def delete_vc_inputs(core: Core, files: Files, wanted: Wanted, deleting: Deleting) -> DeletionResponse:
    """Delete all recordings that a filter finds."""
    deleting.check_many(wanted)
    work = functools.partial(delete_many, core.vc_inputs, wanted, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)


@router.post("/vc_input", form_limits={"max_files": 1, "max_fields": 20})
async def upload_vc_input(
    request: Request,
    core: Core,
    workers: Workers,
    form: Annotated[VCInputForm, Form(media_type="multipart/form-data")],
) -> VCInputUploadResponse:
    """Take a recording in for conversion."""
    about, store, folder = form.details(), core.vc_inputs, form.folder
    work = functools.partial(take_in, core, store, form, folder, about)
    entry = await run_until_hang_up(request, workers, core.settings.server.request_timeout_seconds, work)
    message = f"{entry.name} can be converted now."
    return VCInputUploadResponse(message=message, filename=entry.name, metadata=vc_input_metadata(entry))


@router.get("/vc_input/{name:path}/audio", response_class=FileResponse)
async def vc_input_audio(name: str, core: Core, files: Files) -> FileResponse:
    """The recording itself; byte ranges are answered."""
    found = await asyncio.get_running_loop().run_in_executor(files, core.vc_inputs.find, name, "name")
    return recording_response(found)


@router.put("/vc_input/{name:path}/metadata")
async def edit_vc_input(name: str, body: VCInputEdit, core: Core, files: Files) -> VCInputMetadata:
    """Change what is said of a recording, rename it or move it; fields that are left out stay."""
    changes = body.model_dump(exclude_unset=True, exclude={"name", "folder_path"})
    store = core.vc_inputs
    work = functools.partial(store.edit, name, changes, name=body.name, folder=body.folder_path)
    return vc_input_metadata(await asyncio.get_running_loop().run_in_executor(files, work))


@router.get("/vc_input/{name:path}")
async def vc_input(name: str, core: Core, files: Files) -> VCInputMetadata:
    """One recording, by path or file name."""
    entry = await asyncio.get_running_loop().run_in_executor(files, core.vc_inputs.entry, name)
    return vc_input_metadata(entry)


@router.delete("/vc_input/{name:path}")
async def delete_vc_input(name: str, core: Core, files: Files, deleting: Deleting) -> DeletionResponse:
    """Delete one recording."""
    deleting.check()
    work = functools.partial(delete_one, core.vc_inputs, name, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)

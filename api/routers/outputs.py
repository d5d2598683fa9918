"""Finished audio: served, listed, packed, kept and deleted; sidecars are shown here and served nowhere."""

from __future__ import annotations

import asyncio
import functools

from fastapi import APIRouter
from fastapi.responses import FileResponse, StreamingResponse

from api.deps import Core, Files
from api.library_query import Deleting, Pages, Wanted, delete_many, delete_one, folders_response
from api.library_replies import output_metadata, output_record
from api_models.library import (
    DeletionResponse,
    FoldersResponse,
    OutputEdit,
    OutputMetadata,
    OutputRecord,
    OutputsResponse,
    ZipRequest,
)
from api_models.replies import OUTPUTS_URL
from library.zip_stream import zip_blocks

files_router = APIRouter(tags=["outputs"])
router = APIRouter(tags=["outputs"])


@files_router.get(f"{OUTPUTS_URL}/{{path:path}}", response_class=FileResponse)
async def output_file(path: str, core: Core, files: Files) -> FileResponse:
    """One audio file; byte ranges are answered."""
    found, media_type = await asyncio.get_running_loop().run_in_executor(files, core.outputs.find, path)
    return FileResponse(found, media_type=media_type, filename=found.name, content_disposition_type="inline")


@router.get("/outputs")
async def outputs(core: Core, files: Files, pages: Pages, wanted: Wanted) -> OutputsResponse:
    """A page of outputs, the newest first."""
    look = functools.partial(core.outputs.page, wanted, pages.page, pages.page_size)
    entries, total = await asyncio.get_running_loop().run_in_executor(files, look)
    found = [output_metadata(entry, core) for entry in entries]
    return OutputsResponse(files=found, total_files=total, **pages.facts(len(found), total))


@router.get("/outputs/folders")
async def output_folders(core: Core, files: Files) -> FoldersResponse:
    """All folders of outputs."""
    return folders_response(await asyncio.get_running_loop().run_in_executor(files, core.outputs.folders))


@router.post("/outputs/zip", response_class=StreamingResponse)
async def zip_outputs(body: ZipRequest, core: Core, files: Files) -> StreamingResponse:
    """Several outputs as one zip file, packed while it is sent."""
    work = functools.partial(core.outputs.archive, body.filenames)
    packed = await asyncio.get_running_loop().run_in_executor(files, work)
    headers = {"Content-Disposition": 'attachment; filename="outputs.zip"'}
    return StreamingResponse(zip_blocks(packed), media_type="application/zip", headers=headers)


@router.delete("/outputs")
async def delete_outputs(core: Core, files: Files, wanted: Wanted, deleting: Deleting) -> DeletionResponse:
    """Delete all outputs that a filter finds."""
    deleting.check_many(wanted)
    work = functools.partial(delete_many, core.outputs, wanted, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)


@router.put("/output/{name:path}/metadata")
async def edit_output(name: str, body: OutputEdit, core: Core, files: Files) -> OutputMetadata:
    """Protect a result from automatic cleaning, or no longer."""
    work = functools.partial(core.outputs.keep, name, keep=body.keep)
    return output_metadata(await asyncio.get_running_loop().run_in_executor(files, work), core)


@router.get("/output/{name:path}")
async def output(name: str, core: Core, files: Files) -> OutputRecord:
    """One output with all that was noted when it was made."""
    entry, record = await asyncio.get_running_loop().run_in_executor(files, core.outputs.record, name)
    return output_record(entry, record, core)


@router.delete("/output/{name:path}")
async def delete_output(name: str, core: Core, files: Files, deleting: Deleting) -> DeletionResponse:
    """Delete one audio file; captions and records go with the last of a result."""
    deleting.check()
    work = functools.partial(delete_one, core.outputs, name, dry_run=deleting.dry_run)
    return await asyncio.get_running_loop().run_in_executor(files, work)

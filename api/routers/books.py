"""Books for audiobooks: handed in, and shown with their chapters."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from api.deps import JobWork, Workers
from api_models.jobs import BookReply

router = APIRouter(prefix="/books", tags=["jobs"])


@router.post("", status_code=201, form_limits={"max_files": 1, "max_fields": 20})
async def add_book(
    jobs: JobWork,
    workers: Workers,
    file: Annotated[UploadFile, File(description="A book: .txt, .text, .md, .markdown, .epub or .docx.")],
) -> BookReply:
    """Keep a book and tell its chapters, with those that would be skipped and why."""
    content = await file.read()
    return await asyncio.get_running_loop().run_in_executor(workers, jobs.add_book, file.filename or "", content)


@router.get("/{book_id}")
async def get_book(book_id: str, jobs: JobWork, workers: Workers) -> BookReply:
    """A book that was handed in."""
    return await asyncio.get_running_loop().run_in_executor(workers, jobs.get_book, book_id)

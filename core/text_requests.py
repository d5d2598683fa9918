"""Speech requests made of uploaded text files: one for all of them, or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api_models import TextFilesRequest, TTSRequest
from library.text_files import TextFile, join_texts, joined_stem


@dataclass(frozen=True)
class NamedRequest:
    """A request and what its files are named after."""

    name: str
    request: TTSRequest


def text_requests(files: Sequence[TextFile], options: TextFilesRequest) -> list[NamedRequest]:
    """The requests, in the order of the files.

    Args:
        files: at least one.
        options: fields for every request; those that it leaves out stay left out.
    """
    fields = options.model_dump(exclude_unset=True, exclude={"separate"})
    groups = [[file] for file in files] if options.separate else [list(files)]
    found = []
    for group in groups:
        stem = joined_stem(group)
        marked = {"strip_markdown": True} if any(file.kind == "markdown" for file in group) else {}
        request = TTSRequest(**{"title": stem, **fields, **marked, "text": join_texts(group)})
        found.append(NamedRequest(stem, request))
    return found

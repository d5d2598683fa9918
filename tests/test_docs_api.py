"""docs/api.md names every route, error code and defaulted field's page."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import exceptions
from exceptions import ChatterboxError

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text("utf-8")


def test_every_route_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert [path for path in paths if path not in PAGE] == []


@pytest.mark.parametrize(
    "kind",
    [value for value in vars(exceptions).values() if isinstance(value, type) and issubclass(value, ChatterboxError)],
)
def test_every_error_code_is_documented_with_its_status(kind: type[ChatterboxError]) -> None:
    assert f"`{kind.code}`" in PAGE
    assert str(kind.status) in PAGE


def test_the_exception_tree_in_the_docstring_is_true() -> None:
    for kind in ChatterboxError.__subclasses__():
        assert any(
            kind.__name__ in line and kind.code in line and str(kind.status) in line
            for line in (exceptions.__doc__ or "").splitlines()
        )

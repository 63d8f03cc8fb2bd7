"""The pages a person reads: the landing page, the documentation and the explanations of problems."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.schemas.common import NoQuery

router = APIRouter(include_in_schema=False)

ROOT = Path(__file__).parents[2]


@router.get("/")
async def get_landing_page(_: Annotated[NoQuery, Query()]) -> Response:
    """The landing page."""
    return Response("<!doctype html><title>x</title>", media_type="text/html")

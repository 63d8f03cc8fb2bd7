"""Route of the vocabularies: the labels and meanings of every named value."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import detail
from app.routers.common import Data
from app.schemas.queries import NoQuery
from app.schemas.releases import VocabulariesDetail
from app.vocabularies import vocabularies

router = APIRouter()


@router.get(
    "/v1/vocabularies",
    tags=["service"],
    operation_id="getVocabularies",
    summary="Get the labels of all named values",
    response_model=VocabulariesDetail,
)
async def get_vocabularies(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """Every named value with its label, its description and its position."""
    return detail(data, vocabularies(), "/v1/vocabularies", "/v1")

"""Routes of the pharmacology: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.pharmacology import PHARMACOLOGY, PharmacologyDetail, PharmacologyPage, PharmacologyQuery
from app.schemas.queries import NoQuery
from app.tables import Pharmacology

router = APIRouter(prefix=PHARMACOLOGY.path, tags=[PHARMACOLOGY.collection])


@router.get(
    "",
    operation_id="listPharmacologyFacts",
    summary="List pharmacological facts",
    description=PHARMACOLOGY.description,
    response_model=PharmacologyPage,
)
async def list_pharmacology(query: Annotated[PharmacologyQuery, Query()], data: Data) -> Response:
    """Return a page of pharmacological facts."""
    return list_page(data, Pharmacology, query)


@router.get(
    "/{slug}",
    operation_id="getPharmacologyFact",
    summary="Get a pharmacological fact",
    response_model=PharmacologyDetail,
)
async def get_pharmacology(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One pharmacological fact with its evidence and its sources."""
    return get_one(data, Pharmacology, slug)

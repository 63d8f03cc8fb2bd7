"""The source article retold section by section, each section beside the records it speaks of, the claims it makes and what it leaves out."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.articles import ArticleDetail, ArticlePage, ArticleQuery
from app.schemas.queries import NoQuery
from app.tables import Article

router = APIRouter(prefix="/v1/articles", tags=["articles"], route_class=ReadRoute)


@router.get("", operation_id="listArticles", summary="List articles", response_model=ArticlePage)
async def list_articles(query: Annotated[ArticleQuery, Query()], data: Data) -> Response:
    """The source article retold section by section, each section beside the records it speaks of, the claims it makes and what it leaves out."""
    return list_page(data, Article, query)


@router.get(
    "/{slug}", operation_id="getArticle", summary="Get an article", response_model=ArticleDetail, responses=NOT_FOUND
)
async def get_article(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One article with all its sections, claims, omissions and sources."""
    return get_one(data, Article, slug)

"""Routes of the articles: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.articles import ARTICLES, ArticleDetail, ArticlePage, ArticleQuery
from app.schemas.queries import NoQuery
from app.tables import Article

router = APIRouter(prefix=ARTICLES.path, tags=[ARTICLES.collection])


@router.get(
    "",
    operation_id="listArticles",
    summary="List articles",
    description=ARTICLES.description,
    response_model=ArticlePage,
)
async def list_articles(query: Annotated[ArticleQuery, Query()], data: Data) -> Response:
    """Return a page of articles."""
    return list_page(data, Article, query)


@router.get("/{slug}", operation_id="getArticle", summary="Get an article", response_model=ArticleDetail)
async def get_article(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One article with all its sections, claims, omissions and sources."""
    return get_one(data, Article, slug)

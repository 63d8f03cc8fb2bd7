"""Side effects with their citations in FastAPI and SQLModel, written as in their tutorials. IDIOM_DATABASE names the file.

It uses the faster of the usual ways: one more query loads the citations of a page (`selectinload`)
instead of one query for each record, and no total is counted.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy.orm import selectinload
from sqlmodel import JSON, Field, Relationship, Session, SQLModel, create_engine, select

engine = create_engine(f"sqlite:///{os.environ['IDIOM_DATABASE']}", connect_args={"check_same_thread": False})


class SideEffectCitation(SQLModel, table=True):
    """Which side effect cites which source."""

    side_effect_slug: str = Field(primary_key=True, foreign_key="sideeffect.slug")
    citation_slug: str = Field(primary_key=True, foreign_key="citation.slug")


class CitationBase(SQLModel):
    """A source."""

    slug: str = Field(primary_key=True)
    title: str
    year: int | None
    url: str | None
    evidence_level: str | None
    specificity: str


class Citation(CitationBase, table=True):
    """A source as it is stored."""


class SideEffectBase(SQLModel):
    """A harm."""

    slug: str = Field(primary_key=True)
    name: str
    also_known_as: list[str] = Field(sa_type=JSON)
    summary: str
    category: str
    body_system: str
    seriousness: str = Field(index=True)
    in_article: bool
    reported_frequency: str | None
    frequency_denominator: str | None
    frequency_sources: list[str] = Field(sa_type=JSON)
    what_to_do: str
    evidence_summary: str


class SideEffect(SideEffectBase, table=True):
    """A harm as it is stored."""

    citations: list[Citation] = Relationship(link_model=SideEffectCitation)


class SideEffectPublic(SideEffectBase):
    """A harm as it is served."""

    citations: list[CitationBase]


def get_session() -> Iterator[Session]:
    """A session for one request."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
app = FastAPI()


@app.get("/side-effects", response_model=list[SideEffectPublic])
def list_side_effects(
    session: SessionDep, offset: int = 0, limit: Annotated[int, Query(le=100)] = 20
) -> list[SideEffect]:
    """List side effects."""
    page = select(SideEffect).order_by(SideEffect.slug).offset(offset).limit(limit)
    return list(session.exec(page.options(selectinload(SideEffect.citations))).all())  # type: ignore[arg-type]  # SQLModel types a relationship as what it leads to


@app.get("/side-effects/{slug}", response_model=SideEffectPublic)
def get_side_effect(slug: str, session: SessionDep) -> SideEffect:
    """Get a side effect."""
    side_effect = session.get(SideEffect, slug)
    if not side_effect:
        raise HTTPException(status_code=404, detail="Side effect not found")
    return side_effect


def fill(built: str) -> None:
    """Store the side effects of a built file, each with its citations."""
    SQLModel.metadata.create_all(engine)
    with sqlite3.connect(f"file:{built}?mode=ro", uri=True) as source, Session(engine) as session:
        sources = {}
        for (document,) in source.execute("SELECT document FROM citation"):
            citation = Citation.model_validate_json(document)
            sources[citation.slug] = citation
        for (document,) in source.execute("SELECT document FROM side_effect"):
            side_effect = SideEffect.model_validate_json(document)
            side_effect.citations = [sources[link["citation"]] for link in json.loads(document)["citations"]]
            session.add(side_effect)
        session.commit()


if __name__ == "__main__":
    fill(sys.argv[1])

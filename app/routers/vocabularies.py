"""Route of the vocabularies: the labels and meanings of every named value."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Response

from app.reading import detail
from app.registry import RESOURCES
from app.routers.common import Data
from app.schemas.fields import Strict
from app.schemas.queries import NoQuery
from app.schemas.resources import model_in
from app.schemas.vocabularies import NamedValue, VocabulariesDetail, Vocabulary, VocabularyList, VocabularyRead

router = APIRouter()


def read_vocabularies() -> VocabularyList:
    """Every vocabulary that a record uses, by name."""
    used: dict[type[Vocabulary], list[str]] = defaultdict(list)
    for resource in RESOURCES:
        for vocabulary, path in _fields(resource.read, resource.collection):
            used[vocabulary].append(path)
    described = (_described(vocabulary, fields) for vocabulary, fields in used.items())
    return VocabularyList(vocabularies=sorted(described, key=lambda vocabulary: vocabulary.name))


def _fields(model: type[Strict], path: str) -> Iterator[tuple[type[Vocabulary], str]]:
    """The vocabularies of a model and of the objects inside it, each with the path of its field."""
    for name, info in model.model_fields.items():
        here = f"{path}.{name}"
        if inner := model_in(info.annotation):
            yield from _fields(inner, here)
        elif vocabulary := _vocabulary_in(info.annotation):
            yield vocabulary, here


def _vocabulary_in(annotation: object) -> type[Vocabulary] | None:
    if isinstance(annotation, type) and issubclass(annotation, Vocabulary):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _vocabulary_in(inner))), None)


def _described(vocabulary: type[Vocabulary], fields: list[str]) -> VocabularyRead:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in vocabulary.__name__)
    return VocabularyRead(
        name=words.removeprefix("_"),
        description=" ".join((inspect.getdoc(vocabulary) or "").split()),
        fields=fields,
        values=[
            NamedValue(value=member.value, label=member.label, description=member.description, position=position)
            for position, member in enumerate(vocabulary, start=1)
        ],
    )


VOCABULARIES = read_vocabularies().model_dump_json().encode()


@router.get(
    "/v1/vocabularies",
    tags=["service"],
    operation_id="getVocabularies",
    summary="Get the labels of all named values",
    response_model=VocabulariesDetail,
)
async def get_vocabularies(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """Every named value with a label to show, what it means, and its place in the order."""
    return detail(data, VOCABULARIES, "/v1/vocabularies", "/v1")

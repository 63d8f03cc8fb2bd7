"""Every vocabulary that a record uses, as it is served."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from pydantic.alias_generators import to_snake

from app.registry import RESOURCES
from app.schemas.fields import Strict
from app.schemas.resources import model_in, vocabulary_in
from app.schemas.vocabularies import NamedValue, Vocabulary, VocabularyList, VocabularyRead


@cache
def vocabularies() -> bytes:
    """Every vocabulary that a record uses, by name, as it is served."""
    used: dict[type[Vocabulary], list[str]] = defaultdict(list)
    for resource in RESOURCES:
        for vocabulary, path in _fields(resource.read, resource.collection):
            used[vocabulary].append(path)
    described = (_described(vocabulary, fields) for vocabulary, fields in used.items())
    listed = VocabularyList(vocabularies=sorted(described, key=lambda vocabulary: vocabulary.name))
    return listed.model_dump_json().encode()


def _fields(model: type[Strict], path: str) -> Iterator[tuple[type[Vocabulary], str]]:
    """The vocabularies of a model and of the objects inside it, each with the path of its field."""
    for name, info in model.model_fields.items():
        here = f"{path}.{name}"
        if inner := model_in(info.annotation):
            yield from _fields(inner, here)
        elif vocabulary := vocabulary_in(info.annotation):
            yield vocabulary, here


def _described(vocabulary: type[Vocabulary], fields: list[str]) -> VocabularyRead:
    return VocabularyRead(
        name=to_snake(vocabulary.__name__),
        description=" ".join((inspect.getdoc(vocabulary) or "").split()),
        fields=fields,
        values=[
            NamedValue(value=member.value, label=member.label, description=member.description, position=position)
            for position, member in enumerate(vocabulary, start=1)
        ],
    )

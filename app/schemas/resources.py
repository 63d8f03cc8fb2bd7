"""The descriptor of a resource: its names, its description and its models in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar, get_args, get_origin

from app.schemas.fields import Strict
from app.schemas.queries import PageQuery
from app.schemas.records import RecordFields, RecordRead
from app.schemas.references import ArticlePart, RecordType
from app.schemas.vocabularies import Vocabulary

T = TypeVar("T")
NAMING_FIELDS: Final = frozenset({"name", "title", "code", "also_known_as", "aliases"})
"""Fields that hold a name, or a list of names, of the record."""


@dataclass(frozen=True, eq=False)
class ResourceInfo:
    """Describes one resource: its names, its description and its models. Routes, docs, tables, check and build read it."""

    collection: str
    """Name of the collection in its path."""
    record_type: RecordType
    """The type that references to its records carry."""
    description: str
    """Description of the collection, used for its tag, its list route and its key in the seed."""
    seed: type[RecordFields]
    """The record as it is written in the seed."""
    read: type[RecordRead]
    """The record as it is served."""
    query: type[PageQuery]
    """The query parameters of its list."""
    restates_article: bool = False
    """Whether its records are statements of the article, so that a claim's verdict is a verdict on them."""
    review_months: int = 12
    """How long after a release its records are due for review."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """The filters over list fields, each with its field. The values are stored in the facet table."""

    @property
    def path(self) -> str:
        """Path of the collection."""
        return f"/v1/{self.collection}"

    @property
    def summaries_path(self) -> str:
        """Path of the operation that returns the collection in the brief view."""
        return f"/v1/summaries/{self.collection}"

    @property
    def model_name(self) -> str:
        """The prefix of the names of its models, such as `Strain`."""
        return self.read.__name__.removesuffix("Read")

    @property
    def seed_key(self) -> str:
        """The key under which the seed lists the collection."""
        return self.collection.replace("-", "_")

    @cached_property
    def nested(self) -> dict[str, type[Strict]]:
        """The fields of the seed record that hold objects or lists of objects, each with the model of the object."""
        models = ((name, model_in(info.annotation)) for name, info in self.seed.model_fields.items())
        return {name: model for name, model in models if model and model is not ArticlePart}

    @cached_property
    def sorts(self) -> dict[str, str]:
        """The sorts of the list, and the column that each one orders by. Named values are ordered by a rank column."""
        values = get_args(self.query.model_fields["sort"].annotation)
        return {name: f"{name}_rank" if self.enumeration(name) else name for name in values if not name.startswith("-")}

    @cached_property
    def names(self) -> list[str]:
        """The fields that name a record, besides its slug."""
        return [name for name in self.seed.model_fields if name in NAMING_FIELDS]

    @cached_property
    def column_filters(self) -> list[str]:
        """The filters of the list that match a column of the resource's own table."""
        return sorted(self.query.model_fields.keys() - PageQuery.PAGING - {"slug"} - self.facets.keys())

    @cached_property
    def filters(self) -> list[str]:
        """The filters of the list, besides that by slug, in the order of the document."""
        return [name for name in self.query.model_fields if name not in self.query.PAGING | {"slug"}]

    @cached_property
    def formats(self) -> list[str]:
        """The formats of the list, JSON first."""
        return [form.value for form in self.query.formats()]

    def facet_values(self, name: str) -> list[tuple[str, str]]:
        """The values of a filter whose values can be counted, each with its label."""
        if vocabulary := self.enumeration(self.facets.get(name, name)):
            return [(member.value, member.label) for member in vocabulary]
        return [("true", "Yes"), ("false", "No")]

    def enumeration(self, name: str) -> type[Vocabulary] | None:
        """The vocabulary of a field with named values; none for any other field."""
        return vocabulary_in(self.seed.model_fields[name].annotation)


def model_in(annotation: object) -> type[Strict] | None:
    """The model that a field holds, alone, in a list or beside null."""
    return _type_in(annotation, Strict)


def vocabulary_in(annotation: object) -> type[Vocabulary] | None:
    """The vocabulary whose values a field holds, alone, in a list or beside null."""
    return _type_in(annotation, Vocabulary)


def is_enumerated(annotation: object) -> bool:
    """Whether a field holds one named value or null, and not a list of them."""
    return vocabulary_in(annotation) is not None and all(
        get_origin(part) is not list for part in (annotation, *get_args(annotation))
    )


def _type_in(annotation: object, base: type[T]) -> type[T] | None:
    if isinstance(annotation, type) and issubclass(annotation, base):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _type_in(inner, base))), None)

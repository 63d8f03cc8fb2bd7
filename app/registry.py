"""The registry: every resource and its table, in the order in which app/tables.py defines the tables."""

from app.schemas.resources import ResourceInfo
from app.tables import Resource

TABLES: dict[str, type[Resource]] = {table.info.collection: table for table in Resource.__subclasses__()}
"""The table of each resource, by the name of the collection."""
RESOURCES: tuple[ResourceInfo, ...] = tuple(table.info for table in TABLES.values())
"""The descriptor of each resource."""

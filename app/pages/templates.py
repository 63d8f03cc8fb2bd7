"""The templates of the HTML pages."""

from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.pages.assets import FILES

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(FILES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

"""Reads a running server through the client openapi-python-client makes of the document, and compares with the JSON."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from generated_client import Client
from generated_client.api.dosage_ranges import get_dosage_range, list_dosage_ranges
from generated_client.models import DosageForm, DosageRangeDetail, DosageRangePage, Problem


def typed(client: Client) -> None:
    """What a program writes by hand: a list, one of its records, and an error, each of a type mypy knows."""
    page = list_dosage_ranges.sync(client=client, form=[DosageForm.LEAF_POWDER], limit=3)
    assert isinstance(page, DosageRangePage), page
    assert page.data, "no dosage range is of leaf powder"
    for listed in page.data:
        assert listed.form is DosageForm.LEAF_POWDER
        assert listed.cautions
        assert listed.disclaimer
        found = get_dosage_range.sync(listed.slug, client=client)
        assert isinstance(found, DosageRangeDetail), found
        assert found.data == listed
    missing = get_dosage_range.sync("no-such-record", client=client)
    assert isinstance(missing, Problem), missing
    assert missing.status == 404


def every_operation(client: Client, document: dict[str, Any]) -> tuple[int, int]:
    """Every operation and every record of every list: what the client understood is what the JSON says."""
    slugs: dict[str, str] = {}
    operations = records = 0
    for path, item in document["paths"].items():
        operation = item["get"]
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation["operationId"]).lower()
        ask = import_module(f"generated_client.api.{operation['tags'][0].replace('-', '_')}.{name}").sync_detailed
        shared = {parameter.get("$ref", "").rpartition("/")[2] for parameter in operation.get("parameters", [])}
        if "ListOffset" in shared:
            limit = 500 if "SummariesLimit" in shared else 100
            offset, total = 0, 1
            while offset < total:
                page = _same(ask(client=client, limit=limit, offset=offset))
                offset, total = offset + limit, page["meta"]["total"]
                records += len(page["data"])
                slugs[path] = page["data"][0]["slug"]
        elif "{slug}" in path:
            _same(ask(slugs[path.removesuffix("/{slug}")], client=client))
        else:
            named = document["components"]["parameters"]
            parameters = (named.get(p.get("$ref", "").rpartition("/")[2], p) for p in operation.get("parameters", []))
            required = [each for each in parameters if each.get("required")]
            in_path = [each["example"] for each in required if each["in"] == "path"]
            in_query = {each["name"]: each["example"] for each in required if each["in"] == "query"}
            _same(ask(*in_path, client=client, **in_query))
        operations += 1
    return operations, records


def _same(response: Any) -> dict[str, Any]:
    served: dict[str, Any] = json.loads(response.content)
    assert response.status_code == 200, served
    assert response.parsed.to_dict() == served, "the client drops or changes something"
    return served


def main() -> None:
    """Read everything; an assertion fails at the first difference."""
    origin, document = sys.argv[1:]
    with Client(base_url=origin, raise_on_unexpected_status=True) as client:
        typed(client)
        operations, records = every_operation(client, json.loads(Path(document).read_text(encoding="utf-8")))
    print(f"{operations} operations and {records} listed records read as the JSON says")


if __name__ == "__main__":
    main()

"""A proxy that changes responses as a later version of the server might: with more fields and more enum values.

Every object of a JSON response gets a field that the document does not know, and every value of an enum that may grow
(`x-may-grow` is true) becomes one that it does not name. A client that survives this survives the next release.
"""

import http.client
import json
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

FIELD: Final = "added_later"
VALUE: Final = "added_later"
PASSED_ON: Final = ("Accept", "If-None-Match")

Object = dict[str, Any]


class Later:
    """The document, and how a response to one of its paths would look later."""

    def __init__(self, document: Object) -> None:
        self.document = document
        self.schemas: Object = document["components"]["schemas"]

    def schema(self, path: str, status: int) -> Object:
        """The schema of a response: that of a problem unless the status is 200."""
        if status != HTTPStatus.OK:
            return {"$ref": "#/components/schemas/Problem"}
        paths = self.document["paths"]
        item = paths.get(path) or next(
            item for form, item in paths.items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", form), path)
        )
        schema: Object = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        return schema

    def grown(self, value: Any, schema: Object) -> Any:
        """The value with what may be added to it."""
        if "$ref" in schema or "anyOf" in schema:
            reference = schema.get("$ref") or schema["anyOf"][0]["$ref"]  # the other of the two is null
            return None if value is None else self.grown(value, self.schemas[reference.rpartition("/")[2]])
        if schema.get("x-may-grow"):
            return VALUE
        if isinstance(value, list):
            return [self.grown(item, schema["items"]) for item in value]
        if isinstance(value, dict):
            if "properties" not in schema:
                return value  # it holds the fields of any record
            properties = schema["properties"]
            return {key: self.grown(item, properties[key]) for key, item in value.items()} | {FIELD: {"is": ["new"]}}
        return value


class Handler(BaseHTTPRequestHandler):
    """Forwards requests to the server and changes its responses."""

    protocol_version = "HTTP/1.1"
    later: Later
    origin: str

    def do_GET(self) -> None:
        """Forward a request and return the changed response."""
        behind = http.client.HTTPConnection(urlsplit(self.origin).netloc, timeout=10)
        try:
            headers = {name: value for name in PASSED_ON if (value := self.headers.get(name))}
            behind.request("GET", self.path, headers=headers)
            response = behind.getresponse()
            body, kind = response.read(), response.headers.get("Content-Type", "")
        finally:
            behind.close()
        if kind.partition(";")[0] in ("application/json", "application/problem+json"):
            schema = self.later.schema(urlsplit(self.path).path, response.status)
            body = json.dumps(self.later.grown(json.loads(body), schema), ensure_ascii=False).encode()
        self.send_response(response.status)
        if kind:
            self.send_header("Content-Type", kind)
        if response.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve on a free port of this machine, and print where."""
    Handler.origin, document = sys.argv[1:]
    Handler.later = Later(json.loads(Path(document).read_text(encoding="utf-8")))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

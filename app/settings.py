"""What differs between deployments; each setting is an environment variable with the prefix API_."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.http.prefix import MAX_PREFIX
from app.http.request import is_host

PUBLIC_PATH = re.compile(r"(?:/(?!\.\.?(?:/|\Z))(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*")


class Settings(BaseSettings):
    """Settings of a running server."""

    model_config = SettingsConfigDict(
        env_prefix="API_", use_attribute_docstrings=True, frozen=True, hide_input_in_errors=True
    )

    database_path: Path = Path("data/content.db")
    """The built database file."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of server processes."""
    cache_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 300
    """How long, in seconds, clients and caches may reuse a response; for a day more they may while they revalidate it, unless this is 0."""
    cache_bytes: Annotated[int, Field(ge=0)] = 67_108_864
    """Size of the response cache of each process, in bytes; the pages take about 4 MB more."""
    tls: bool = False
    """Whether clients reach the service over TLS; if so, `Strict-Transport-Security` is sent."""
    public_url: str = ""
    """Address at which clients reach the service, such as `https://api.example.org/kratom`; its path begins every address in a response."""
    keep_alive_seconds: Annotated[int, Field(ge=1, le=3600)] = 75
    """How long, in seconds, an idle connection is kept open; longer than a load balancer in front keeps its own."""
    access_log: bool = False
    """Whether each request is logged: method, path, status, duration and request identifier, nothing about the client."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port for Prometheus metrics at `/metrics`; 0 turns them off. The second worker takes the next port, and so on."""
    metrics_host: str = "127.0.0.1"
    """Address of the metrics; they are not for the public."""
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    """Lowest severity to log: `debug`, `info`, `warning` or `error`."""

    @property
    def public_path(self) -> str | None:
        """The path of the public address, without a slash at its end; None when the address is not set."""
        return urlsplit(self.public_url).path if self.public_url else None

    @field_validator("public_url")
    @classmethod
    def _is_public_url(cls, value: str) -> str:
        """Accept only an http or https URL without query, fragment and user; a slash at its end is removed."""
        scheme, separator, rest = value.partition("://")
        host, slash, path = rest.partition("/")
        name, colon, port = (host, "", "") if host.endswith("]") else host.rpartition(":")
        path = (slash + path).removesuffix("/")
        if not value:
            return ""
        if not re.fullmatch("[!-~]+", value):
            fault = "Should be plain ASCII without spaces; write an international host name as xn--..."
        elif not separator or scheme.lower() not in ("http", "https"):
            fault = "Should begin with http:// or https://"
        elif "?" in rest or "#" in rest:
            fault = "Should have neither a query nor a fragment"
        elif "@" in host:
            fault = "Should have neither a user name nor a password"
        elif not is_host((name if colon else host).encode()):
            fault = "Should have a host name or an IP address; an IPv6 address stands in brackets"
        elif colon and not (re.fullmatch("[1-9][0-9]{0,4}", port) and is_host(host.encode())):
            fault = "Should have a port from 1 to 65535, or none"
        elif not PUBLIC_PATH.fullmatch(path):
            fault = "Should have a path of letters, digits, and any of - . _ ~ % between single slashes"
        elif len(path) > MAX_PREFIX:
            fault = f"Should have a path of at most {MAX_PREFIX} characters"
        else:
            return f"{scheme.lower()}://{host}{path}"
        raise PydanticCustomError("public_url", "{fault}", {"fault": fault})

    @field_validator("port", mode="before")
    @classmethod
    def _is_not_of_kubernetes(cls, value: object) -> object:
        """Ignore what Kubernetes sets beside a Service named `api`: API_PORT=tcp://10.96.0.12:8000."""
        return 8000 if isinstance(value, str) and value.startswith("tcp://") else value

"""What differs between deployments; each setting is an environment variable with the prefix API_."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of a running server."""

    model_config = SettingsConfigDict(env_prefix="API_", use_attribute_docstrings=True, frozen=True)

    database_path: Path = Path("data/content.db")
    """The built database file."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of server processes."""
    cache_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 300
    """How long, in seconds, clients and caches may keep an answer before they ask again."""
    cache_bytes: Annotated[int, Field(ge=0)] = 67_108_864
    """How many bytes of finished answers about the data each process keeps at most; the pages are kept besides, about 4 MB."""
    tls: bool = False
    """Whether clients reach the service over TLS; then `Strict-Transport-Security` is sent."""
    trusted_proxies: str = ""
    """Addresses or networks of proxies whose forwarding headers are believed, comma-separated, or `*`; no answer depends on them."""

    access_log: bool = False
    """Whether each request is logged: method, path, status, duration and request id, nothing of the client."""
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    """Least severe events to log: `debug`, `info`, `warning` or `error`."""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for part in value.split(",") if value.strip() not in ("", "*") else ():
            ip_network(part.strip(), strict=False)
        return value

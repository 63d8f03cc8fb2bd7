"""What differs between deployments; each setting is an environment variable with the prefix API_."""

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
    """How long, in seconds, clients and caches may reuse a response before they revalidate it."""
    cache_bytes: Annotated[int, Field(ge=0)] = 67_108_864
    """Size of the response cache of each process, in bytes; the pages take about 4 MB more."""
    tls: bool = False
    """Whether clients reach the service over TLS; if so, `Strict-Transport-Security` is sent."""
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

    @field_validator("port", mode="before")
    @classmethod
    def _is_not_of_kubernetes(cls, value: object) -> object:
        """Ignore what Kubernetes sets beside a Service named `api`: API_PORT=tcp://10.96.0.12:8000."""
        return 8000 if isinstance(value, str) and value.startswith("tcp://") else value

"""A client of the API: `sync` keeps a copy of the content, and `kratom_client.generated` has every operation."""

from .sync import IntegrityError, State, Synced, applied, canonical, sha256, sync, typed

__all__ = ["IntegrityError", "State", "Synced", "applied", "canonical", "sha256", "sync", "typed"]

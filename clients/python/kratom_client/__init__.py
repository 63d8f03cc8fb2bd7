"""A client of the API: `sync` keeps a copy of the content, and `kratom_client.generated` has every operation."""

from .sync import IntegrityError, State, Synced, applied, sha256, sync

__all__ = ["IntegrityError", "State", "Synced", "applied", "sha256", "sync"]

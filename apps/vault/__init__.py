"""Sealing of secrets. `apps.vault.sealing` holds the functions; rotation finds values by the registry."""

from apps.vault.sealing import open_sealed, seal

__all__ = ["open_sealed", "seal"]

"""What can go wrong with a sealed secret."""


class VaultError(Exception):
    """The secret cannot be opened: its key is missing, or it was changed or moved. Never holds the secret."""

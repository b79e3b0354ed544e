"""Errors of the models app; vendors' own are in vendors.base.VendorError."""

from __future__ import annotations


class ModelNotFoundError(Exception):
    """The model does not exist, is switched off, or the team may not use it: all three look the same."""

    title = "This model is not available"
    message = "This model is not available to your team. Your message is saved. Choose another model."

    def __init__(self) -> None:
        super().__init__(self.message)

"""Shapes that hosts document and no recording here holds."""

from tests.wire.rare import chat, makers, others

RARE = (*chat.RARE, *makers.RARE, *others.RARE)

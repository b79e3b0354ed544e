"""Admin pages of providers and models."""

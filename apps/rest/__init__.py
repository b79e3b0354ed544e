"""Bases of every REST endpoint: errors, strict parsing, cursor pages. No models, no tenants."""

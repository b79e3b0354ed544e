"""Proof that tenants are isolated: the catalogue's lint and live probes, for the suite and for operators."""

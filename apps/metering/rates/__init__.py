"""Limits of requests and tokens a minute, per person, team, key and model; counted in Valkey."""

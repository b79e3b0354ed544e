"""Benchmarks and the load client: run by hand or by bin/bench, never as timed tests."""

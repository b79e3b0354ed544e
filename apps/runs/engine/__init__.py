"""The engine of a worker process: one event loop that carries hundreds of runs."""

"""Documents are read in a closed subprocess; see `runner.parse_sandboxed`.

Nothing is imported here: the subprocess pays for all that this package loads, at every document.
"""

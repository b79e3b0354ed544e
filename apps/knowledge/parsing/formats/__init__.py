"""One module per format, each with `parse(data, limits) -> Parsed`; named by a line of the registry."""

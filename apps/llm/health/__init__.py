"""Whether connections answer: breakers, probes, several deployments of a model, figures over time."""

"""Rules on text that goes to or comes from a model: a pure core that knows no model and no vendor."""

"""Ways to speak to model hosts: one file and one registry line each, pure Python, no Django."""

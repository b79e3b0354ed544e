"""What starts Atrium on one machine: set-up, embedded parts, supervisor. Imports nothing of apps/."""

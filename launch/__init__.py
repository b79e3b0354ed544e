"""What starts Atrium on one machine: set-up, the embedded parts, and the supervisor. Imports nothing of apps/."""

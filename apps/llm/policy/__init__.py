"""What applies to a team's calls and to a person: grants, defaults and parameters, and whence they come."""

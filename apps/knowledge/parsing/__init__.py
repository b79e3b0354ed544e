"""From the bytes of a file to sections with page and heading; pure, runs inside the sandbox."""

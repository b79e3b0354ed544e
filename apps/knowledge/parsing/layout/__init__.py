"""What a page looks like: runs of letters, ruled lines, the tables and columns they make. Pure geometry."""

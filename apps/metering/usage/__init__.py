"""Who used what, and what it cost: read from the days, for pages, exports and programs."""

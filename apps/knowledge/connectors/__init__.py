"""Where documents come from by themselves: the interface, the four kinds, and the sync that follows them."""

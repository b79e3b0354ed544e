"""The price book: rates, prices and mark-ups in versions; a call keeps what held when it was made."""

"""What upload endpoints share."""

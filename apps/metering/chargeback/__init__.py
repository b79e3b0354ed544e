"""What each team is charged: cost centres, and a frozen statement per team and month."""

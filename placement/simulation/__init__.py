"""What if: changes that are only imagined, each computed, verified and compared with today."""

"""How many more replicas fit as things are, where, and what is in the way of more."""

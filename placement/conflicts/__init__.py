"""What cannot hold together: minimal sets of rules, demands and capacities, each one proved."""

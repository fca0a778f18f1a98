"""Changes that would make it fit: each one applied, solved again and verified before it is told."""

"""Why a deployment runs where it does, and why it does not run elsewhere; by names, no solver."""

"""Durable state and history: what is committed, by whom, and how to go back."""

"""Intake's rules: who the client is, where they belong, what they receive. Frozen data in, events out."""

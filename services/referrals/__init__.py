"""Referrals: the closed loop with the agencies."""

"""The outside world: a city with its people and days, and two agencies. It knows the contracts and public APIs only."""

"""The city: its people and days, driven through the services' public HTTP APIs and the calendar's `POST /days`."""

"""The operator's command and the embedded stack: everything real, nothing installed."""

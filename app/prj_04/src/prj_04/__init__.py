"""Alerts: watches the stream of readings, and raises an alert for each that breaks a rule, once."""

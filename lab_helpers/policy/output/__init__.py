"""A report as text for people, as JSON and as SARIF for programs."""

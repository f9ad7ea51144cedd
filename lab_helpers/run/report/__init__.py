"""What a run leaves to read: its results, JUnit XML and one HTML page."""

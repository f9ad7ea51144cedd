"""Tests of the boundary as a lint."""

"""Tests on a real cluster, in anybody's project: the fixtures `lab` and `lab_cluster` of a pytest plugin."""

"""The lab as one archive, for machines without Docker and without a network."""

"""The lab for machines that reach no network: what one needs, as an image and as an archive."""

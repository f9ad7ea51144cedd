"""The lab as one image, for machines that have Docker: everything is in it, and a run of it fetches nothing."""

from lab_helpers.distribution.image.building import DEFAULT_TAG, build

__all__ = ["DEFAULT_TAG", "build"]

"""The configuration of an application: what each of its variables is, which level says so, and what a cluster runs."""

from lab_helpers.configuration.survey import Survey, survey

__all__ = ["Survey", "survey"]

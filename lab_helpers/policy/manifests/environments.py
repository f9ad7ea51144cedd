"""Which environment a path of a Deploy repository is for."""

from __future__ import annotations

import re
from enum import StrEnum

from lab_helpers.policy.words import words

__all__ = ["Environment", "environment_of", "prefix_of"]


class Environment(StrEnum):
    """Where something is deployed."""

    PRODUCTION = "production"
    """Also what no path says: a repository without overlays has but one environment."""

    STAGING = "staging"
    DEVELOPMENT = "development"


_WORDS = {
    **dict.fromkeys(words("production prod prd live"), Environment.PRODUCTION),
    **dict.fromkeys(words("staging stage stg preprod preproduction uat qa"), Environment.STAGING),
    **dict.fromkeys(
        words(
            """dev develop devel development local localhost localdev test tests testing ci e2e minikube kind k3d
            microk8s sandbox playground preview previews example examples sample samples demo demos workshop
            tutorial debug"""
        ),
        Environment.DEVELOPMENT,
    ),
}


def environment_of(path: str) -> Environment:
    """The environment that a path is for, by the innermost of its parts that names one."""
    for part in reversed(path.lower().split("/")):
        for word in reversed(re.split(r"[-_.]", part)):
            if word in _WORDS:
                return _WORDS[word]
    return Environment.PRODUCTION


def prefix_of(path: str) -> str:
    """The path as far as the outermost directory that is called as an environment is; empty where none is."""
    parts = path.split("/")[:-1]
    for depth, part in enumerate(parts, 1):
        if part.lower() in _WORDS:
            return "/".join(parts[:depth])
    return ""

"""What a change of manifests does to what runs, said before it is applied."""

from lab_helpers.policy.changes.comparing import Change, ChangeKind, compare
from lab_helpers.policy.changes.sides import of_directory, of_revision

__all__ = ["Change", "ChangeKind", "compare", "of_directory", "of_revision"]

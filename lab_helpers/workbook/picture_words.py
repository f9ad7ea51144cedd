"""Every word that the pictures of the workbook say, in one place; what varies is named in braces."""

from __future__ import annotations

__all__ = ["say"]


def say(message: str, **values: object) -> str:
    """A message of this module with its values."""
    return message.format(**values)


AS_TABLE = "The same as a table"

# Rollouts.
NONE_FAILED = "{sent} requests, none failed"
SOME_FAILED = "{sent} requests, {failed} failed"
NO_REQUESTS = "{pods} pods; no requests were sent"
ANSWERED = "answered: {answered} · longest time without a good answer {gap:.2f} s"
BY = "{count} by {version}"
LEFT_OUT = "{seconds} s in which nothing happened are not shown"
NOBODY = "none"
UNKNOWN = "unknown"
ANSWERS = "{count} answers"
FAILED = "{count} failed"
FIRST_FAILURE = "first at {at:.1f} s: {why}"
HTTP = "HTTP {status} from {version}"
REVISION = "revision {number}"
REVISIONS = "revisions {numbers}"
SECONDS = "{seconds:g} s"
BEGINS = "{version} begins"
RESTARTS = "{version} restarts"
READY = "{version} Ready"
COMPLETE = "{version} rolled out"
STALLED = "{version} stalled"
UNDONE = "undone: back to {version}"
DELETED = "Deployment deleted"
PENDING_LOOK, RUNNING_LOOK, READY_LOOK, TERMINATING_LOOK = "pending", "running, not Ready", "Ready", "terminating"
ANSWER_LOOK, FAILURE_LOOK = "an answer", "a failed request"
ROLLOUT_STORY = "Rollout: {verdict}; {details}"
MOMENT_STORY = "{text} at {at:.1f} s"
PODS_TABLE, POD, RELEASE, PHASES = "Pods", "pod", "release", "phases"
PHASE_SPAN = "{phase} {start:.1f}-{end:.1f} s"
MOMENTS_TABLE, AT, MOMENT = "What happened", "at", "what"
FAILURES_TABLE, REQUEST, WHY = "Failed requests", "request", "why"
MORE_FAILURES = "and {count} more"
AT_SECONDS = "{at:.1f} s"

# Persistence.
PERSISTENCE = "What survived"
PERSISTENCE_STORY = "Persistence: {rows}"
ROW_STORY = "{place}: {outcomes}"
OUTCOME = "{what}: {outcome}"
WRITTEN = "written"
SURVIVED, LOST, UNTRIED = "survived", "lost", "not tried"
PLACE = "place"

# What runs.
TOPOLOGY = "What runs in {namespaces}"
NAMESPACE = "Namespace {name}"
NO_NAMESPACE = "not there"
EMPTY = "nothing runs here"
SERVICE, DEPLOYMENT, REPLICASET, POD_KIND = "Service", "Deployment", "ReplicaSet", "Pod"
CLAIM, VOLUME = "Claim", "Volume"
ENDPOINTS = "{ready} of {all} pods ready"
READY_OF = "{ready} of {wanted} Ready"
REVISION_OF = "revision {number}, {image}"
REVISION_KEPT = "rev. {number}, {image}, kept"
NO_OWNER = "nobody"
CONFIGMAPS = "ConfigMaps: {names}"
SECRETS = "Secrets, names only: {names}"
OBJECT, NAME, STATE, PART_OF = "object", "name", "state", "belongs to"
SERVES = "sends to {names}"
MOUNTED = "mounted by {names}"

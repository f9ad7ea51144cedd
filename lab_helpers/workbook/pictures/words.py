"""All messages of the workbook's pictures, with placeholders in braces."""

from __future__ import annotations

from lab_helpers import language
from lab_helpers.observe.timeline import Phase

__all__ = ["phase_look", "phase_name", "phrase"]


def phrase(message: str, **values: object) -> str:
    """Translate a message of this module and fill in its values."""
    return language.gettext(message).format(**values)


def phase_name(phase: Phase) -> str:
    """The name of a pod's phase, in one word."""
    return phrase(_PHASES[phase][0])


def phase_look(phase: Phase) -> str:
    """The name of a pod's phase in a picture's legend."""
    return phrase(_PHASES[phase][1])


N_ = language.gettext_noop

AS_TABLE = N_("The same as a table")

# Rollouts.
NONE_FAILED = N_("{sent} requests, none failed")
SOME_FAILED = N_("{sent} requests, {failed} failed")
NO_REQUESTS = N_("{pods} pods; no requests were sent")
ANSWERED = N_("answered: {answered} · longest time without a good answer {gap:.2f} s")
BY = N_("{count} by {version}")
LEFT_OUT = N_("{seconds} s in which nothing happened are not shown")
NOBODY = N_("none")
UNKNOWN = N_("unknown")
ANSWERS = N_("{count} answers")
FAILED = N_("{count} failed")
FIRST_FAILURE = N_("first at {at:.1f} s: {why}")
HTTP = N_("HTTP {status} from {version}")
REVISION = N_("revision {number}")
REVISIONS = N_("revisions {numbers}")
SECONDS = N_("{seconds:g} s")
BEGINS = N_("{version} begins")
RESTARTS = N_("{version} restarts")
READY = N_("{version} Ready")
COMPLETE = N_("{version} rolled out")
STALLED = N_("{version} stalled")
UNDONE = N_("back to {version}")
DELETED = N_("Deployment deleted")
LOST_NODE = N_("{node} counts as lost")
GIVEN_UP = N_("its pods are given up")
TAKEN_OVER = N_("{count} Ready again")
NOT_PLACED = N_("on no node")
NODE = N_("node")
OUTAGE = N_("no answer from the API server for {seconds:.0f} s")
PAUSE = N_("this machine paused for {seconds:.0f} s")
_PHASES: dict[Phase, tuple[str, str]] = {
    "pending": (N_("pending"), N_("pending")),
    "running": (N_("running"), N_("running, not Ready")),
    "ready": (N_("ready"), N_("Ready")),
    "terminating": (N_("terminating"), N_("terminating")),
}
ANSWER_LOOK, FAILURE_LOOK = N_("an answer"), N_("a failed request")
ROLLOUT_STORY = N_("Rollout: {verdict}; {details}")
MOMENT_STORY = N_("{text} at {at:.1f} s")
PODS_TABLE, POD, RELEASE, PHASES = N_("Pods"), N_("pod"), N_("release"), N_("phases")
PHASE_SPAN = N_("{phase} {start:.1f}-{end:.1f} s")
MOMENTS_TABLE, AT, MOMENT = N_("What happened"), N_("at"), N_("what")
FAILURES_TABLE, REQUEST, WHY = N_("Failed requests"), N_("request"), N_("why")
MORE_FAILURES = N_("and {count} more")
AT_SECONDS = N_("{at:.1f} s")

# Persistence.
PERSISTENCE = N_("What survived")
PERSISTENCE_STORY = N_("Persistence: {rows}")
ROW_STORY = N_("{place}: {outcomes}")
OUTCOME = N_("{what}: {outcome}")
WRITTEN = N_("written")
SURVIVED, LOST, UNTRIED = N_("survived"), N_("lost"), N_("not tried")
PLACE = N_("place")

# What runs.
TOPOLOGY = N_("What runs in {namespaces}")
NAMESPACE = N_("Namespace {name}")
NO_NAMESPACE = N_("not there")
EMPTY = N_("nothing runs here")
SERVICE, DEPLOYMENT, REPLICASET, POD_KIND = N_("Service"), N_("Deployment"), N_("ReplicaSet"), N_("Pod")
CLAIM, VOLUME = N_("Claim"), N_("Volume")
ENDPOINTS = N_("{ready} of {all} pods ready")
READY_OF = N_("{ready} of {wanted} Ready")
REVISION_OF = N_("revision {number}, {image}")
REVISION_KEPT = N_("rev. {number}, {image}, kept")
NO_OWNER = N_("nobody")
CONFIGMAPS = N_("ConfigMaps: {names}")
SECRETS = N_("Secrets, names only: {names}")
OBJECT, NAME, STATE, PART_OF = N_("object"), N_("name"), N_("state"), N_("belongs to")
SERVES = N_("sends to {names}")
MOUNTED = N_("mounted by {names}")

# Two repositories and the tag between them.
BOUNDARY = N_("Two repositories meet in an image tag")
APP_REPOSITORY, DEPLOY_REPOSITORY = N_("App repository: what runs"), N_("Deploy repository: where and how")
SOURCE, BUILD, PIPELINE = N_("source"), N_("build"), N_("pipeline")
SCHEMA, TESTS, DOCUMENTS = N_("schema of settings"), N_("tests"), N_("documents")
WORKLOADS, NETWORK, SETTINGS = N_("workloads"), N_("network"), N_("settings")
STORAGE, ENVIRONMENTS, SCRIPTS = N_("storage"), N_("environments"), N_("scripts")
COMMITS = N_("commits: {count}")
NO_TEMPLATE = N_("from no template")
FILES_OF = N_("{kind}: {count}")
MISPLACED = N_("✗ {path}")
REGISTRY = N_("Registry: images")
BUILDS, DEPLOYS = N_("builds"), N_("deploys")
PUSHED, NOT_PUSHED, MOVES = N_("pushed"), N_("not pushed"), N_("moves: no release")
BUILT_BY, NAMED_BY = N_("tagged in {name}"), N_("named by {name}: {environments}")
PART, HOLDS = N_("part"), N_("holds")

# Dashboards.
DASHBOARD_STORY = N_("{title}: {panels}")
PANEL_STORY = N_("{panel}: {curves}")
SERIES, LOWEST, HIGHEST, LAST = N_("series"), N_("lowest"), N_("highest"), N_("last")
NO_SERIES = N_("no data")
AGO = N_("{seconds:.0f} s ago")
NOW = N_("now")

# Commits, and what a cluster that follows them made of each.
FOLLOWED = N_("Commits, and what the cluster made of them")
FOLLOWED_STORY = N_("Commits and what became of each: {commits}")
COMMIT_STORY = N_("{revision} {subject}, {outcome}")
COMMIT, SUBJECT, OUTCOME_OF = N_("commit"), N_("subject"), N_("outcome")
IN_GIT, IN_CLUSTER = N_("in Git"), N_("in the cluster")
APPLIED_AFTER, NOT_APPLIED = N_("applied after {seconds} s"), N_("never applied")

# What was proven in all notebooks.
RETROSPECT = N_("The rules of the architecture, and where you have proven each")
RETROSPECT_STORY = N_("{shown} of {rules} rules shown, by {steps} of {all} steps")
SECTION, RULE, PROVEN_IN = N_("section"), N_("rule"), N_("proven in")
PROVEN_OWN, PROVEN_PAGE = N_("your own answer"), N_("as the page shows")
PROVEN_HELPED, STEP_SKIPPED, NOT_PROVEN = N_("with the solution"), N_("skipped"), N_("not proven")
CERTIFICATE = N_("What was proven")
CERTIFICATE_STORY = N_("{who}, {date}: {proven} of {all} steps proven, {own} of them by an answer of their own")
NO_READER = N_("a run without a reader, which gave every answer")
NOTEBOOK, STEP, TITLE, PROVEN, HINTS = N_("notebook"), N_("step"), N_("title"), N_("proven"), N_("hints")

# A cluster lost and rebuilt.
REBUILD = N_("A cluster lost and rebuilt")
REBUILD_STORY = N_("without the service for {seconds} s, {share} of the {hours} hours that are allowed")
PHASE, TIME_TAKEN = N_("what happened"), N_("took")
SERVICE_MEANWHILE, NOT_SERVED = N_("service"), N_("nobody is served")

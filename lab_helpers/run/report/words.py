"""All messages of the report, with placeholders in braces.

Titles of steps and evidence of checks come from the run, in the run's language.
"""

from __future__ import annotations

from lab_helpers import language

__all__: list[str] = []

N_ = language.gettext_noop

NAME = N_("Kubernetes architecture lab · run report")
PAGE_TITLE = N_("Kubernetes architecture lab, {date}")
SKIP = N_("To the results")

# The verdict.
PASSED_ALL = N_("Passed: {proved} of {steps} steps proved.")
PASSED_WITH_SKIPPED = N_("Passed: {proved} of {steps} steps proved, {skipped} skipped with a reason.")
FAILED_STEP = N_("Failed: step {step}, “{title}”; {proved} of {steps} steps proved.")
FAILED_STEPS = N_("Failed: {failed} steps; {proved} of {steps} steps proved.")
STOPPED_EARLY = N_("Failed: {notebooks} stopped early; {proved} of {steps} steps proved.")
STOPPED_TOO = N_("Stopped early, too: {notebooks}.")
NOT_CHECKED = N_("Failed: not every step was checked; {proved} of {steps} steps proved.")

# The facts.
TIME, CLUSTER, PROVIDER, KUBERNETES, DATE = N_("Time"), N_("Cluster"), N_("Provider"), N_("Kubernetes"), N_("Date")
SECONDS = N_("{seconds} s")
MINUTES = N_("{minutes} min {seconds} s")
YES, NO = N_("yes"), N_("no")

# The states of a step.
PASSED, FAILED, SKIPPED, NOT_REACHED = N_("passed"), N_("failed"), N_("skipped"), N_("not reached")
ERROR = N_("error")

STOPPED_BEFORE = N_("The notebook stopped before it.")
NEVER_CHECKED = N_("No check ran, though the notebook ended.")

# The map.
WHAT_FAILED = N_("What failed")
CLUSTER_GONE = N_(
    "The cluster went with the run. To type what comes next, make one that stays ({up}) and run on it ({on})."
)
AT_A_GLANCE = N_("At a glance")
NOTEBOOK, STEPS = N_("Notebook"), N_("Steps")
NO_STEPS = N_("no steps")
LEGEND = N_("What the signs mean")

# A notebook.
PROVED_IN = N_("{proved} of {steps} steps proved in {time}")
DRAWN = N_("Some values were drawn for this run. To repeat it, set {command}.")
EXECUTED = N_("executed notebook (for JupyterLab)")
EVIDENCE_OF = N_("Evidence of step {step}")
DIAGNOSIS_OF = N_("Diagnosis of step {step}")
EXPECTED, SEEN, HINT, NEXT = N_("Expected"), N_("Seen"), N_("Hint"), N_("Next")
UNEXPLAINED = N_("The check failed without saying why; the executed notebook has what it printed.")
CELLS_SKIPPED_IN = N_("Cells skipped in {notebook}")
SKIPPED_CELL, WHY = N_("Skipped cell"), N_("Why")
CONFIGURATION_OF = N_("Configuration of {app}, {environment}: what the files say, and what the cluster ran at the end")
WHERE_IT_STOPPED = N_("Where the notebook stopped")
AS_TEXT = N_("The same as text")
PICTURE_OF = N_("Picture: {about}")
OUTPUT = N_("output of the notebook")

ENVIRONMENT = N_("Environment")

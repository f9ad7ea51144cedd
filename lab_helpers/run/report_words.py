"""Every word that the report says of itself, in one place; what varies is named in braces.

What steps are called and what checks have seen comes from the run, in the language of the run.
"""

from __future__ import annotations

NAME = "Kubernetes architecture lab · run report"
PAGE_TITLE = "Kubernetes architecture lab, {date}"
SKIP = "To the results"

# The verdict.
PASSED_ALL = "Passed: {proved} of {steps} steps proved."
PASSED_WITH_SKIPPED = "Passed: {proved} of {steps} steps proved, {skipped} skipped with a reason."
FAILED_STEP = "Failed: step {step}, “{title}”; {proved} of {steps} steps proved."
FAILED_STEPS = "Failed: {failed} steps; {proved} of {steps} steps proved."
STOPPED_EARLY = "Failed: {notebooks} stopped early; {proved} of {steps} steps proved."
NOT_CHECKED = "Failed: not every step was checked; {proved} of {steps} steps proved."

# The facts.
TIME, CLUSTER, PROVIDER, KUBERNETES, DATE = "Time", "Cluster", "Provider", "Kubernetes", "Date"
SECONDS = "{seconds} s"
MINUTES = "{minutes} min {seconds} s"
YES, NO = "yes", "no"

# The states of a step.
PASSED, FAILED, SKIPPED, NOT_REACHED = "passed", "failed", "skipped", "not reached"

STOPPED_BEFORE = "The notebook stopped before it."
NEVER_CHECKED = "No check ran, though the notebook ended."

# The map.
WHAT_FAILED = "What failed"
AT_A_GLANCE = "At a glance"
NOTEBOOK, STEPS = "Notebook", "Steps"
NO_STEPS = "no steps"
LEGEND = "What the signs mean"

# A notebook.
PROVED_IN = "{proved} of {steps} steps proved in {time}"
EXECUTED = "executed notebook"
EVIDENCE_OF = "Evidence of step {step}"
DIAGNOSIS_OF = "Diagnosis of step {step}"
EXPECTED, SEEN, HINT, NEXT = "Expected", "Seen", "Hint", "Next"
UNEXPLAINED = "The check failed without saying why; the executed notebook has what it printed."
CELLS_SKIPPED_IN = "Cells skipped in {notebook}"
SKIPPED_CELL, WHY = "Skipped cell", "Why"
WHERE_IT_STOPPED = "Where the notebook stopped"
AS_TEXT = "The same as text"
PICTURE_OF = "Picture: {about}"
OUTPUT = "output of the notebook"

ENVIRONMENT = "Environment"

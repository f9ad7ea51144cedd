"""What proves each step of notebook 05."""

from labs.lab_05_first_deploy.alerting import alert_fired_and_resolved
from labs.lab_05_first_deploy.deploying import no_request_lost, staging_runs
from labs.lab_05_first_deploy.limiting import stopped_at_its_limit
from labs.lab_05_first_deploy.migrating import migrated_before_the_release, stopped_by_its_migration
from labs.lab_05_first_deploy.persisting import outlives_the_container, outlives_the_deployment, outlives_the_pod
from labs.lab_05_first_deploy.releasing import (
    replaced_without_a_loss,
    rolled_back,
    stopped_at_its_deadline,
    wrong_answers_arrived,
)

__all__ = [
    "alert_fired_and_resolved",
    "migrated_before_the_release",
    "no_request_lost",
    "outlives_the_container",
    "outlives_the_deployment",
    "outlives_the_pod",
    "replaced_without_a_loss",
    "rolled_back",
    "staging_runs",
    "stopped_at_its_deadline",
    "stopped_at_its_limit",
    "stopped_by_its_migration",
    "wrong_answers_arrived",
]

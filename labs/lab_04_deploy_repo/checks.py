"""What proves each step of notebook 04."""

from labs.lab_04_deploy_repo.claiming import outlives_its_claim
from labs.lab_04_deploy_repo.configuring import pods_have_read_it
from labs.lab_04_deploy_repo.delivering import delta_of_ones_own, production_runs
from labs.lab_04_deploy_repo.encrypting import closed_to_who_left
from labs.lab_04_deploy_repo.guarding import every_fence_is_content
from labs.lab_04_deploy_repo.releases import released_by_the_chart
from labs.lab_04_deploy_repo.sealing import opened_again, sealed_in_git

__all__ = [
    "closed_to_who_left",
    "delta_of_ones_own",
    "every_fence_is_content",
    "opened_again",
    "outlives_its_claim",
    "pods_have_read_it",
    "production_runs",
    "released_by_the_chart",
    "sealed_in_git",
]

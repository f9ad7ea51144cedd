"""What proves each step of notebook 02."""

from labs.lab_02_app_repo.alone import another_one_released
from labs.lab_02_app_repo.building import built_in_layers
from labs.lab_02_app_repo.deploying import deployed_by_one_line
from labs.lab_02_app_repo.ending import ends_without_a_loss
from labs.lab_02_app_repo.probing import ready_when_it_can_answer
from labs.lab_02_app_repo.releasing import never_moved
from labs.lab_02_app_repo.settings import refused_without_a_price
from labs.lab_02_app_repo.splitting import split_off

__all__ = [
    "another_one_released",
    "built_in_layers",
    "deployed_by_one_line",
    "ends_without_a_loss",
    "never_moved",
    "ready_when_it_can_answer",
    "refused_without_a_price",
    "split_off",
]

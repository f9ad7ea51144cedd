"""What proves each step of notebook 02."""

from labs.lab_02_app_repo.building import built_in_layers
from labs.lab_02_app_repo.probing import ready_when_it_can_answer
from labs.lab_02_app_repo.settings import refused_without_a_price
from labs.lab_02_app_repo.splitting import split_off

__all__ = ["built_in_layers", "ready_when_it_can_answer", "refused_without_a_price", "split_off"]

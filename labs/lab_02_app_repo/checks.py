"""What proves each step of notebook 02."""

from labs.lab_02_app_repo.settings import refused_without_a_price
from labs.lab_02_app_repo.splitting import split_off

__all__ = ["refused_without_a_price", "split_off"]

"""The worker: takes jobs from PostgreSQL, renders certificates, keeps house. Any number may run on any machines."""

from portal.worker.supervision import prepared_press, work
from portal.worker.tasks import TaskUnbound

__all__ = ["TaskUnbound", "prepared_press", "work"]

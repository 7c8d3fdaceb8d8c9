"""The worker: takes jobs from PostgreSQL, renders certificates, keeps house. Any number may run on any machines."""

from portal.worker.supervision import prepare, work
from portal.worker.tasks import TaskUnbound

__all__ = ["TaskUnbound", "prepare", "work"]

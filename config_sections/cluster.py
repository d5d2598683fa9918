"""Settings of speaking on several machines."""

from __future__ import annotations

from pydantic import Field, model_validator

from config_sections.section import Section


class ClusterSettings(Section):
    """Replicas of the speech engine on the machines of a Ray cluster."""

    enabled: bool = False
    """Have the replicas of the Ray cluster speak that this machine is a node of; see cluster.md."""
    head: str = Field("127.0.0.1:6379", pattern=r"^\S+:\d{1,5}$")
    """Address and port of the cluster's head."""
    min_replicas: int = Field(1, ge=1, le=4096)
    """Replicas of the engine that are always there."""
    max_replicas: int = Field(1, ge=1, le=4096)
    """Replicas under load; one more than the load needs keeps the pace when one is lost."""
    cpus_per_replica: float = Field(1.0, gt=0.0, le=1024.0)
    """Processor cores that a replica reserves of its machine."""
    gpus_per_replica: float = Field(0.0, ge=0.0, le=16.0)
    """GPUs that a replica reserves; a fraction shares one. The replica sees no others."""

    @model_validator(mode="after")
    def _in_order(self) -> ClusterSettings:
        if self.max_replicas < self.min_replicas:
            raise ValueError("max_replicas is less than min_replicas")
        return self

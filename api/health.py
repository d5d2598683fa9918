"""The state of the whole service in one answer."""

from __future__ import annotations

from api_models import HealthResponse
from core_engine import CoreEngine
from management.resources import ResourceManager
from monitoring.monitor import Monitor
from resilience.tracker import ErrorTracker
from utils import VERSION


def health_of(core: CoreEngine, monitor: Monitor, resources: ResourceManager, errors: ErrorTracker) -> HealthResponse:
    """Look at everything; walks folders, so not for the event loop.

    Unhealthy: speech requests are not answered and a retry does not help. Degraded: they are not answered yet, or
    something asks for attention, as the warnings say.
    """
    readiness = core.readiness
    usage = resources.usage()
    warnings = [*usage["warnings"], *errors.open_faults()]
    summary = errors.summary()
    calm = readiness.ready and not warnings
    status = "unhealthy" if readiness.state in ("failed", "stopping") else "healthy" if calm else "degraded"
    return HealthResponse.model_validate(
        {
            "status": status,
            "models_loaded": {**core.models.loaded, "vc": core.lane.loaded and core.engine.capabilities.conversion},
            "version": VERSION,
            "uptime_seconds": round(monitor.uptime_seconds, 1),
            "ready": readiness.ready,
            "reason": readiness.reason,
            "active_requests": core.active_requests,
            "waiting_chunks": core.lane.waiting,
            "metrics": monitor.counters(),
            "system_info": monitor.system(),
            "resource_status": usage["directories"],
            "warnings": warnings or None,
            "error_summary": summary if summary["total_errors"] else None,
        }
    )

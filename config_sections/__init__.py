"""The sections of the settings, one module each."""

from config_sections.api import ApiSettings
from config_sections.cluster import ClusterSettings
from config_sections.error_handling import ErrorHandlingSettings
from config_sections.jobs import JobSettings
from config_sections.library import LibrarySettings
from config_sections.mcp import McpSettings
from config_sections.models import ModelSettings
from config_sections.openai import OpenAISettings
from config_sections.paths import PathSettings
from config_sections.resource_management import ResourceManagementSettings
from config_sections.security import SecuritySettings
from config_sections.server import ServerSettings
from config_sections.sillytavern import SillyTavernSettings
from config_sections.speed_factor import SpeedFactorSettings
from config_sections.ui import UiSettings
from config_sections.validation import ValidationSettings
from config_sections.wyoming import WyomingSettings

__all__ = [
    "ApiSettings",
    "ClusterSettings",
    "ErrorHandlingSettings",
    "JobSettings",
    "LibrarySettings",
    "McpSettings",
    "ModelSettings",
    "OpenAISettings",
    "PathSettings",
    "ResourceManagementSettings",
    "SecuritySettings",
    "ServerSettings",
    "SillyTavernSettings",
    "SpeedFactorSettings",
    "UiSettings",
    "ValidationSettings",
    "WyomingSettings",
]

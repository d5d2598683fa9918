"""Settings of the folders."""

from __future__ import annotations

from pathlib import Path

from config_sections.section import Section


class PathSettings(Section):
    """Folders; relative ones start at the folder of the configuration file, or the working directory without one."""

    output_dir: Path = Path("outputs")
    """Finished audio with its sidecars."""
    temp_dir: Path = Path("temp")
    """Audio under way; emptied by itself."""
    reference_audio_dir: Path = Path("reference_audio")
    """Recordings that engines with cloning take as voices, each named by its file."""
    vc_input_dir: Path = Path("vc_inputs")
    """Recordings whose voice is to be converted."""
    jobs_dir: Path = Path("job_data")
    """Long works: their database, and the chunks that are finished."""
    models_dir: Path = Path("models")
    """Prepared models and downloads; may be deleted at any time and is made again."""
    logs_dir: Path = Path("logs")
    """What outlives a restart of the service: the errors it tracked."""
    keys_file: Path = Path("keys.json")
    """Digests of the API keys; made with the first key."""

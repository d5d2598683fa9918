"""The folders of a service: voices, inputs of voice conversion, outputs."""

from __future__ import annotations

from config import Settings
from library.examiner import Examiner
from library.outputs import OutputStore
from library.recordings import RecordingStore
from library.voices import VoiceLibrary


class Folders:
    """All stores of a service, with one examiner for what is uploaded.

    Attributes:
        voices: recordings to speak with.
        vc_inputs: recordings to be converted.
        outputs: results.
        examiner: decodes what is uploaded.
    """

    def __init__(self, settings: Settings) -> None:
        paths = settings.paths
        self.examiner = Examiner()
        self.voices = VoiceLibrary(paths.reference_audio_dir, self.examiner, settings.library.longest_voice_seconds)
        self.vc_inputs = RecordingStore(paths.vc_input_dir, self.examiner, settings.api.max_recording_minutes * 60)
        self.outputs = OutputStore(paths.output_dir)

    @property
    def stores(self) -> tuple[OutputStore, VoiceLibrary, RecordingStore]:
        """Outputs, voices, inputs of voice conversion."""
        return self.outputs, self.voices, self.vc_inputs

    def close(self) -> None:
        """End the examining process and close the indexes."""
        for part in (self.examiner, self.voices, self.vc_inputs, self.outputs):
            part.close()

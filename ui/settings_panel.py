"""The folded settings below the text, each starting at the operator's default; every field of a request is there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import gradio as gr

from api_models import TTSDefaults
from speech.engines.protocol import Capabilities
from ui.controls import Control, build_controls
from ui.wording import notes_html

SECTIONS: Final[dict[str, tuple[tuple[Control, ...], ...]]] = {
    "Files and pauses": (
        (
            Control("export_formats", "File formats", "All are made from the same audio; the player takes the first."),
            Control("captions", "Captions"),
            Control("separate_chunks", "A file of every chunk as well"),
        ),
        (
            Control("sentence_pause_ms", "Pause after a sentence (ms)", most=3000, step=10),
            Control("paragraph_pause_ms", "Pause after a paragraph (ms)", most=5000, step=10),
            Control("num_generations", "Number of results"),
        ),
    ),
    "Reading the text": (
        (
            Control("markup", "Pauses, voices and tags in brackets"),
            Control("strip_markdown", "Leave out Markdown signs"),
            Control("emoji", "Emoji", choices={"remove": "Leave out", "name": "Say their names", "keep": "Pass on"}),
        ),
        (
            Control("to_lowercase", "Small letters for the engine"),
            Control("normalize_spacing", "Tidy spaces and signs"),
            Control("fix_dot_letters", "J.R.R. as letters"),
            Control("remove_reference_numbers", "Leave out reference numbers"),
        ),
        (
            Control("enable_batching", "Join sentences up to the limit"),
            Control("smart_batch_short_sentences", "Join short sentences"),
        ),
        (
            Control("sound_words_field", "Remove or replace words", lines=3, placeholder="um\nMr=>Mister"),
            Control("pronunciations", "Pronunciations", lines=3, placeholder="Siobhan=Shivawn"),
        ),
    ),
    "Delivery": (
        (
            Control("seed", "Seed", "The same seed and text give the same audio; 0 draws a new one."),
            Control("exaggeration", "Exaggeration", step=0.05),
            Control("temperature", "Temperature", step=0.05),
            Control("cfg_weight", "Guidance (CFG)", step=0.05),
        ),
        (
            Control("min_p", "Min-p", "0 leaves it to the model.", step=0.01),
            Control("top_p", "Top-p", "0 leaves it to the model.", step=0.01),
            Control("top_k", "Top-k", "0 leaves it to the model.", most=2000),
            Control("repetition_penalty", "Repetition penalty", "0 leaves it to the model.", step=0.05),
        ),
    ),
    "Takes and checking": (
        (
            Control("num_candidates_per_chunk", "Takes in a round"),
            Control("max_attempts_per_candidate", "Rounds at most"),
            Control("take_budget_seconds", "Seconds for a chunk's takes", "0 sets no limit of time.", most=600),
        ),
        (
            Control(
                "candidate_policy",
                "Take to keep",
                "The first saves takes; the others make a whole round and choose.",
                choices={
                    "first_pass": "The first that passes",
                    "shortest": "The shortest that passes",
                    "best_score": "The best score",
                },
            ),
            Control(
                "on_failure",
                "If no take of a chunk passes",
                "The result says what happened in any case.",
                choices={"best": "Keep the best and say so", "mark": "Leave a pause and say so", "fail": "Give up"},
            ),
            Control("use_longest_transcript_on_fail", "Best means most of the text", "Else the best score."),
        ),
        (
            Control("bypass_whisper_checking", "Keep the first take unchecked"),
            Control("transcripts", "Report what was heard"),
            Control(
                "whisper_threshold", "Lowest score that passes", "0 leaves it to the learnt rule.", most=1, step=0.01
            ),
        ),
        (
            Control("whisper_model_name", "Whisper model", choices={"auto": "As configured"}),
            Control("use_faster_whisper", "Use faster-whisper"),
        ),
    ),
    "Finishing the sound": (
        (
            Control("max_silence_ms", "Longest silence in a chunk (ms)", most=5000, step=50),
            Control("denoise", "Remove background noise"),
            Control(
                "speed_factor_library",
                "Speed made by",
                "Automatic: by the engine if it can.",
                choices={"auto": "Automatic"},
            ),
        ),
        (
            Control("use_auto_editor", "Cut silence"),
            Control("ae_threshold", "Silence threshold", most=0.5, step=0.01),
            Control("ae_margin", "Margin around sound (s)", step=0.05),
            Control("keep_original_wav_ae", "Keep the uncut WAV"),
        ),
        (
            Control("trim", "Trim both ends"),
            Control("trim_threshold_ms", "Silence that may stay (ms)", step=10),
            Control("disable_watermark", "No watermark"),
        ),
        (
            Control("normalize_audio", "Level the loudness", "Of the whole result."),
            Control(
                "normalize_method", "Method", "What is levelled.", choices={"ebu": "Loudness", "peak": "True peak"}
            ),
            Control("normalize_level", "Loudness (LUFS)", step=0.5),
            Control("normalize_tp", "Highest peak (dBTP)", step=0.5),
            Control("normalize_lra", "Loudness range (LU)", step=0.5),
        ),
    ),
}
"""Rows of controls under their headings, in the order of the page."""


def build_settings_panel(
    defaults: TTSDefaults, capabilities: Capabilities, without_effect: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lay the panel out inside the open ``gr.Blocks``.

    Args:
        defaults: starting values.
        capabilities: of the engine; its notes are shown at the end.
        without_effect: fields that change nothing with this engine and service.

    Returns:
        The components by the request field that each sets, and the panel's buttons by their names in `SpeakTab`.
    """
    components: dict[str, Any] = {}
    with gr.Accordion("More settings", open=False, elem_id="settings"):
        buttons = _build_preset_row()
        for number, (title, rows) in enumerate(SECTIONS.items()):
            with gr.Accordion(title, open=number == 0):
                components.update(build_controls(rows, defaults, without_effect))
                if number == 0:
                    components.update(_build_names(capabilities, defaults))
        gr.HTML(notes_html(capabilities.notes), visible=bool(capabilities.notes), padding=False)
    return components, buttons


def _build_preset_row() -> dict[str, Any]:
    with gr.Row(elem_id="preset-row"):
        name = gr.Textbox(
            label="Keep these settings as a preset", placeholder="Its name", elem_id="preset-name", scale=3
        )
        save = gr.Button("Save", size="sm", elem_id="save-preset", min_width=80)
        share = gr.Button("Share as a file", size="sm", elem_id="share-preset", min_width=120)
        load = gr.UploadButton(
            "Load settings from a file", file_types=[".json", ".csv"], size="sm", elem_id="load-settings", min_width=180
        )
    return {"preset_name": name, "save_preset": save, "share_preset": share, "settings_file": load}


def _build_names(capabilities: Capabilities, defaults: TTSDefaults) -> dict[str, Any]:
    """Fields of a request that have no default of the operator, and the language, whose choices the engine has."""
    with gr.Row():
        title = gr.Textbox(label="Title", info="Written into the files.", elem_id="field-title")
        folder = gr.Textbox(label="Folder", info="Below the outputs, made if missing.", elem_id="field-folder")
        language = gr.Dropdown(
            [("The voice's own", ""), *capabilities.languages], value=defaults.language, label="Language",
            info="Of the text.", elem_id="field-language", filterable=False,
        )  # fmt: skip
    return {"title": title, "folder": folder, "language": language}

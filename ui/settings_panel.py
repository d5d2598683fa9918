"""The folded settings below the text: takes, checking, pauses, file formats; each starts at the operator's default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api_models import TTSDefaults
from speech.audio.encode import FORMATS
from ui.wording import notes_html


def build_settings_panel(defaults: TTSDefaults, notes: Sequence[str], *, checking: bool) -> dict[str, Any]:
    """Lay the panel out inside the open ``gr.Blocks``.

    Args:
        defaults: starting values.
        notes: sentences about the model, shown at the end.
        checking: whether the service has a validator; without, its settings are shown greyed out.

    Returns:
        The components by the request field that each sets.
    """
    import gradio as gr

    with gr.Accordion("More settings", open=False, elem_id="settings"):
        output = _output_controls(defaults)
        takes = _take_controls(defaults)
        checks = _check_controls(defaults, checking)
        gr.HTML(notes_html(notes), visible=bool(notes), padding=False)
    return {**output, **takes, **checks}


def _output_controls(defaults: TTSDefaults) -> dict[str, Any]:
    import gradio as gr

    with gr.Row():
        formats = gr.CheckboxGroup(
            list(FORMATS), value=list(defaults.export_formats), label="File formats",
            info="All are made from the same audio; the player takes the first.",
        )  # fmt: skip
        sentence = gr.Slider(0, 3000, defaults.sentence_pause_ms, step=10, label="Pause after a sentence (ms)")
        paragraph = gr.Slider(
            0, 5000, defaults.paragraph_pause_ms, step=10, label="Pause after a paragraph (ms)",
            info="An empty line in the text starts a paragraph.",
        )  # fmt: skip
    return {"export_formats": formats, "sentence_pause_ms": sentence, "paragraph_pause_ms": paragraph}


def _take_controls(defaults: TTSDefaults) -> dict[str, Any]:
    import gradio as gr

    with gr.Row():
        seed = gr.Number(
            defaults.seed, label="Seed", precision=0, minimum=0, maximum=2**32 - 1,
            info="The same seed and text give the same audio; 0 draws a new one.",
        )  # fmt: skip
        candidates = gr.Slider(
            1, 10, defaults.num_candidates_per_chunk, step=1, label="Takes in a round",
            info="Most takes of a chunk before the settings below decide.",
        )  # fmt: skip
        attempts = gr.Slider(
            1, 10, defaults.max_attempts_per_candidate, step=1, label="Rounds at most",
            info="Each round draws new seeds; a passing take ends them.",
        )  # fmt: skip
    with gr.Row():
        policy = gr.Dropdown(
            [("The first that passes", "first_pass"), ("The shortest that passes", "shortest"),
             ("The best score", "best_score")],
            value=defaults.candidate_policy, label="Take to keep", filterable=False,
        )  # fmt: skip
        failure = gr.Dropdown(
            [("Keep the best and say so", "best"), ("Leave a pause and say so", "mark"), ("Give up", "fail")],
            value=defaults.on_failure, label="If no take of a chunk passes", filterable=False,
        )  # fmt: skip
    return {
        "seed": seed,
        "num_candidates_per_chunk": candidates,
        "max_attempts_per_candidate": attempts,
        "candidate_policy": policy,
        "on_failure": failure,
    }


def _check_controls(defaults: TTSDefaults, checking: bool) -> dict[str, Any]:
    import gradio as gr

    with gr.Row():
        bypass = gr.Checkbox(
            defaults.bypass_whisper_checking, label="Keep the first take unchecked", interactive=checking,
            min_width=240,
            info="Faster; mistakes of the model stay in." if checking else "Checking is off in this service.",
        )  # fmt: skip
        transcripts = gr.Checkbox(
            defaults.transcripts, label="Report what was heard", interactive=checking,
            min_width=240,
            info="Adds a transcript of each chunk to the table; slower.",
        )  # fmt: skip
        threshold = gr.Slider(
            0.0, 1.0, defaults.whisper_threshold or 0.0, step=0.01, label="Lowest score that passes",
            info="0 leaves it to the rule learnt from measured takes.", interactive=checking,
        )  # fmt: skip
    return {"bypass_whisper_checking": bypass, "transcripts": transcripts, "whisper_threshold": threshold}

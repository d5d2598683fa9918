"""Colours, fonts, icon and keys of the page; no font, style or script comes from another host."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

ICON = Path(__file__).with_name("favicon.svg")

STYLE = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
#heading h1 { margin: 0; font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; }
#heading p { margin: 0; color: var(--body-text-color-subdued); }
#text textarea { font-size: 1.05rem; line-height: 1.55; }
span[data-testid="block-info"] { font-weight: 600; }
#status, #quality, #readiness { padding: 0; margin: 0; border: 0; }
#status .html-container, #quality .html-container, #readiness .html-container { padding: 0; }
#status .prose, #quality .prose, #readiness .prose { max-width: none; }
.status { padding: 0.6rem 0.85rem; border-radius: var(--radius-md); border: 1px solid var(--border-color-primary);
  border-left: 4px solid var(--neutral-400); background: var(--block-background-fill); overflow-wrap: anywhere; }
.status p { margin: 0; line-height: 1.45; }
.status p + p { margin-top: 0.35rem; }
.status.busy { border-left-color: var(--primary-500); }
.status.good { border-left-color: #15803d; }
.status.bad { border-left-color: #b91c1c; }
.dark .status.good { border-left-color: #4ade80; }
.dark .status.bad { border-left-color: #f87171; }
.status progress { display: block; width: 100%; height: 0.4rem; margin-top: 0.45rem;
  accent-color: var(--primary-500); }
#player .timestamps, #player .controls, #player .controls button { color: var(--body-text-color-subdued); }
#downloads:not(:has(button, a)) { display: none; }
.quality { border: 1px solid var(--border-color-primary); border-radius: var(--radius-md);
  background: var(--block-background-fill); overflow: hidden; }
.quality table { width: 100%; border-collapse: collapse; border: 0 !important; font-size: 0.92rem; margin: 0 !important; }
.quality caption { text-align: left; padding: 0.6rem 0.85rem 0.2rem; font-weight: 600; }
.quality tr { border: 0 !important; background: none !important; }
.quality th, .quality td { padding: 0.4rem 0.85rem !important; text-align: left; vertical-align: top; border: 0 !important; }
.quality th { font-weight: 600; color: var(--body-text-color-subdued); white-space: nowrap; }
.quality td { border-top: 1px solid var(--border-color-primary) !important; overflow-wrap: anywhere; }
.quality td[data-label="Text"] { min-width: 16rem; }
.quality .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 700px) {
  .gradio-container main { padding: 0.75rem !important; }
  .quality table, .quality caption, .quality tbody, .quality tr, .quality td { display: block; }
  .quality thead { display: none; }
  .quality tr { border-top: 1px solid var(--border-color-primary) !important; padding: 0.3rem 0; }
  .quality td, .quality .number { display: flex; gap: 0.75rem; text-align: left; border: 0 !important;
    padding: 0.15rem 0.85rem !important; white-space: normal; min-width: 0 !important; }
  .quality td:empty { display: none; }
  .quality td::before { content: attr(data-label); flex: 0 0 4.5rem; color: var(--body-text-color-subdued); }
}
footer { display: none !important; }
"""

SCRIPT = """
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const button = document.getElementById("generate");
    if (button && !button.disabled) { event.preventDefault(); button.click(); }
  }
});
"""

ANNOUNCE = """
() => {
  for (const name of ["status", "readiness"]) {
    const line = document.getElementById(name);
    if (line) { line.setAttribute("role", "status"); line.setAttribute("aria-live", "polite"); }
  }
}
"""
"""Run when the page opens: lets screen readers speak the status line."""


def page_options() -> dict[str, Any]:
    """Look and links of the page, for Gradio's mounting function."""
    icon = base64.b64encode(ICON.read_bytes()).decode("ascii")
    head = f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}"><script>{SCRIPT}</script>'
    return {"theme": _theme(), "css": STYLE, "head": head, "footer_links": []}


def _theme() -> Any:
    import gradio as gr

    system_fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return gr.themes.Default(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        font=system_fonts,
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
        block_label_text_color="*neutral_700",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
    )

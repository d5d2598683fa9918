// What the page does in the browser by itself.

// A tab keeps its key over a reload; nobody else knows it.
function tabKey() {
  let key = sessionStorage.getItem("tab-key");
  if (!key) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("tab-key", key);
  }
  return key;
}

// Offers a text as a file.
function saveText(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type}));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

// Offers one of the user's own presets as a file.
function sharePreset(name, presets) {
  if (!presets[name]) return;
  const content = JSON.stringify({preset: name, settings: presets[name]}, null, 1);
  saveText(name.replace(/[^\p{L}\p{N}_-]+/gu, "-") + ".preset.json", content, "application/json");
}

// Offers what a recording says as a file.
function saveWords(words, ending) {
  saveText(`recording.${ending}`, words, "text/plain");
}

// Pieces of a result are played one after another while the rest is being made.
const piecePlayer = {context: null, sources: new Set(), end: 0, round: 0, decoding: Promise.resolve()};

function stopPieces() {
  for (const source of piecePlayer.sources) source.stop();
  piecePlayer.sources.clear();
  piecePlayer.end = 0;
  piecePlayer.round += 1;
}

// Takes a WAV file in base64; nothing stands for the beginning of a new result.
function playPiece(content) {
  if (!content) return stopPieces();
  piecePlayer.context ??= new AudioContext();
  const round = piecePlayer.round;
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  piecePlayer.decoding = piecePlayer.decoding
    .then(() => piecePlayer.context.decodeAudioData(bytes.buffer))
    .then((buffer) => schedulePiece(buffer, round));
}

function schedulePiece(buffer, round) {
  if (round !== piecePlayer.round) return;
  const source = piecePlayer.context.createBufferSource();
  source.buffer = buffer;
  source.connect(piecePlayer.context.destination);
  const start = Math.max(piecePlayer.end, piecePlayer.context.currentTime);
  piecePlayer.end = start + buffer.duration;
  piecePlayer.sources.add(source);
  source.onended = () => piecePlayer.sources.delete(source);
  source.start(start);
}

// Whoever plays something else does not want to hear both.
document.addEventListener("play", stopPieces, true);

// Lets screen readers speak the status lines.
function announceStatus() {
  for (const line of document.querySelectorAll("#readiness, .status-line")) {
    line.setAttribute("role", "status");
    line.setAttribute("aria-live", "polite");
  }
}

// Gradio's button that hides the captions comes with the player and has no name; an empty player has one but no role.
new MutationObserver(() => {
  for (const empty of document.querySelectorAll(".empty[aria-label]:not([role])")) empty.setAttribute("role", "img");
  for (const button of document.querySelectorAll(".cc-button:not([aria-label])")) {
    button.setAttribute("aria-label", "Captions");
  }
}).observe(document.documentElement, {childList: true, subtree: true});

// Ctrl and Enter press the main button of the tab that is open.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = [...document.querySelectorAll("button.main-action")].find((each) => each.offsetParent && !each.disabled);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

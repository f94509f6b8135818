// Files that somebody chooses or drops: they go to the program in a request, so they are read here.

/** @import { ProgramError } from "./types.d.ts" */

const MOST_MEGABYTES = 16;

/**
 * {base64} of a file, or {error} as the program would give it.
 * @param {Blob & { name?: string }} file
 * @returns {Promise<{ base64: string, error?: undefined } | { base64?: undefined, error: ProgramError }>}
 */
export async function readFile(file) {
  if (file.size > MOST_MEGABYTES * 1e6) {
    const values = { megabytes: (file.size / 1e6).toFixed(1), limit: MOST_MEGABYTES };
    return { error: { code: "error_too_large", values } };
  }
  const reader = new FileReader();
  const finished = new Promise((resolve) => (reader.onloadend = resolve));
  reader.readAsDataURL(file);
  await finished;
  if (reader.error) return { error: { code: "error_unreadable", values: { name: file.name } } }; // a folder, or gone
  return { base64: String(reader.result).split(",")[1] ?? "" };
}

/**
 * What somebody gives: a file, or what was dropped, which may be a folder.
 * @typedef {File | FileSystemEntry} FileSource
 */

/**
 * Take a file from an <input>, also the same one again.
 * @param {HTMLInputElement} input
 * @param {(file: File) => void} take
 */
export const onFileChosen = (input, take) => onFilesChosen(input, ([file]) => take(file));

/**
 * The same for all files that were chosen.
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
export function onFilesChosen(input, take) {
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    if (files.length > 0) take(files);
  });
}

/**
 * Everything that was dropped. It can be read only while the event is handled, and entries of it afterwards.
 * @param {DataTransfer} transfer
 * @returns {FileSource[]}
 */
function sourcesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = entries.filter((entry) => entry !== null);
  return found.length > 0 ? found : [...transfer.files];
}

/**
 * Take files that are dropped on a node: the first of them, and all that was dropped.
 * @param {Document | HTMLElement} node
 * @param {(file: File, sources: FileSource[]) => void} take
 * @param {(isOver: boolean) => void} over is told when one hangs over it and when no longer
 * @param {() => boolean} may
 */
export function onFileDropped(node, take, over, may = () => true) {
  const isFile = (/** @type {DragEvent} */ event) => Boolean(event.dataTransfer?.types.includes("Files")) && may();
  const dragged = (/** @type {Event} */ event) => {
    if (!isFile(/** @type {DragEvent} */ (event))) return;
    event.preventDefault();
    over(true);
  };
  for (const name of ["dragenter", "dragover"]) node.addEventListener(name, dragged);
  node.addEventListener("dragleave", (event) => {
    const { relatedTarget } = /** @type {DragEvent} */ (event);
    if (!(relatedTarget && node.contains(/** @type {Node} */ (relatedTarget)))) over(false);
  });
  node.addEventListener("drop", (event) => {
    const drop = /** @type {DragEvent} */ (event);
    over(false);
    if (!isFile(drop)) return;
    drop.preventDefault();
    const sources = drop.dataTransfer ? sourcesOf(drop.dataTransfer) : [];
    const file = drop.dataTransfer?.files[0];
    if (file) take(file, sources);
  });
}

// A file that is dropped where nothing takes it would be opened by the browser, in the place of the page.
for (const name of /** @type {const} */ (["dragover", "drop"])) {
  window.addEventListener(name, (event) => {
    const isTaken = /** @type {Element} */ (event.target).closest?.("input[type=file]");
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files") || isTaken) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

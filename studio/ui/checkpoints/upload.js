// A checkpoint of one's own.

import { callServer, postBytes } from "../shared/api.js";
import { announce } from "../shared/dom.js";
import { takeList } from "../shared/listing.js";
import { page } from "../shared/page_state.js";
import { openCompare, openSeed } from "../shared/tabs.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, dialog, element, props, rowsChanged, search, server } from "./context.js";

/** @import { Added, Failed } from "../protocol.d.ts" */
/** @import { CheckpointList, Message, Values } from "../shared/types.d.ts" */
/** @typedef {{ config: File, weights: File }} Pair */
/** @typedef {Omit<Added, "list"> & { list: CheckpointList } | Failed | { stopped: boolean }} Sent */

const [drop, chosenFiles, addStatus] = [".add-drop", ".add-files", ".adding .status"].map($);
const PICKLES = /\.(pt|pth|ckpt|pkl|pickle|bin|pyt|joblib|npz|zip|tar|gz|tgz|7z)$/i;
let wanted = ""; // the hash of the checkpoint that is looked for, or its beginning
let added = ""; // the hash of the one that has come
/** @type {Message | null} what the line below says */
let addLine = null;

/** @param {Message | null} next */
function sayAdding(next) {
  addLine = next;
  addStatus.hidden = next === null;
  addStatus.classList.toggle("failed", Boolean(next?.failed));
  addStatus.textContent = next === null ? "" : textOf(next.key, next.values);
  if (next?.failed && dialog.open) addStatus.scrollIntoView({ block: "nearest" });
}
/**
 * @param {string} key
 * @param {Values} [values]
 */
const refuse = (key, values) => sayAdding({ key, values, failed: true });

function showAdding() {
  $(".adding").hidden = !props.adding;
  $(".to-adding").hidden = !props.adding;
  $(".state-ends").hidden = props.state_lasts;
  if (props.adding) {
    $(".add-hint").textContent = textOf("add_hint", {
      limit: megabytes(props.adding.most_bytes),
      most: props.adding.most,
    });
  }
  sayAdding(addLine);
}
/** @param {number} bytes */
const megabytes = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;

/**
 * The two files of a checkpoint, or what is wrong with the choice.
 * @param {File[]} files
 * @returns {Pair | { problem: [key: string, values?: Values] }}
 */
function pair(files) {
  const pickle = files.find((file) => PICKLES.test(file.name));
  if (pickle) return { problem: ["error_add_pickle", { file: pickle.name }] };
  const other = files.find((file) => !/\.(json|safetensors)$/i.test(file.name));
  if (other) return { problem: ["error_add_kind", { file: other.name }] };
  const [configs, weights] = ["json", "safetensors"].map((end) =>
    files.filter((file) => file.name.toLowerCase().endsWith(`.${end}`)),
  );
  if (configs.length !== 1 || weights.length !== 1) return { problem: ["error_add_both"] };
  const { most_bytes, most_config } = props.adding;
  if (weights[0].size > most_bytes) {
    return { problem: ["error_add_size", { megabytes: megabytes(weights[0].size), limit: megabytes(most_bytes) }] };
  }
  if (configs[0].size > most_config) {
    return {
      problem: [
        "error_add_config_size",
        { kilobytes: Math.round(configs[0].size / 1000), limit: Math.floor(most_config / 1000) },
      ],
    };
  }
  return { config: configs[0], weights: weights[0] };
}

const LEAST_PIECE_BYTES = 2 ** 18;

/**
 * Send the weights piece by piece; the answer to the last one is the checkpoint. What ends before leaves nothing there.
 * @param {Pair} files
 * @returns {Promise<Sent>}
 */
async function send({ config, weights }) {
  const begun = await callServer(server.add_begin, {
    config: await config.text(),
    size: weights.size,
    name: $(".add-name").value,
    secret: visitorSecret(),
  });
  if (begun.error) return begun;
  $(".add-name").value ||= begun.name;
  const answer = await sendPieces(weights, begun.upload, stopping.signal);
  if (answer.sha256) return answer;
  callServer(server.add_stop, { upload: begun.upload });
  return stopping.signal.aborted ? { stopped: true } : answer;
}

/**
 * @param {File} weights
 * @param {string} upload the word by which the program knows the pieces
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
async function sendPieces(weights, upload, signal) {
  let pieceBytes = props.adding.piece_bytes;
  for (let offset = 0; offset < weights.size && !signal.aborted;) {
    sayAdding({ key: "add_sending", values: { percent: Math.round((100 * offset) / weights.size) } });
    const piece = await bytesOf(weights.slice(offset, offset + pieceBytes));
    if (piece === null) break;
    const isLast = offset + pieceBytes >= weights.size; // the program may have kept the checkpoint already
    const answer = await postBytes(`race/uploads/${upload}/${offset}`, piece, isLast ? null : signal);
    if (answer.tooLong && pieceBytes > LEAST_PIECE_BYTES) pieceBytes /= 4;
    else if (answer.tooLong) return { error: { code: "error_connection", values: {} } };
    else if (answer.error || answer.sha256) return answer;
    else offset = answer.received;
  }
  return { error: { code: "error_add_lost" } };
}

/**
 * The bytes of a piece; null where the file has changed or gone since it was chosen.
 * @param {Blob} piece
 */
const bytesOf = (piece) => piece.arrayBuffer().catch(() => null);

let sending = false;
let stopping = new AbortController();
/** @param {boolean} on */
function setSending(on) {
  sending = on;
  if (on) stopping = new AbortController();
  chosenFiles.disabled = on;
  $(".add-stop").hidden = !on;
}
$(".add-stop").addEventListener("click", () => stopping.abort());

/** @param {File[]} files */
async function addCheckpoint(files) {
  if (sending || files.length === 0) return;
  const chosen = pair(files);
  if ("problem" in chosen) return refuse(...chosen.problem);
  setSending(true);
  forgetAdded(wanted);
  const typed = $(".add-name").value;
  try {
    taken(await send(chosen));
  } catch {
    refuse("error_add_lost"); // the config has changed or gone since it was chosen
  }
  if ($(".add-name").value !== "") $(".add-name").value = typed; // not the name that was proposed
  setSending(false);
}

/** @param {Sent} answer */
function taken(answer) {
  if ("error" in answer) return refuse(answer.error.code, answer.error.values);
  if ("stopped" in answer) return sayAdding({ key: "add_stopped" });
  const { sha256, name, known, list, own } = answer;
  search.value = "";
  takeList({ list, own });
  sayAdding({ key: known ? "add_known" : "add_done", values: { name, hash: sha256.slice(0, 8) } });
  announce(addStatus.textContent);
  if (!known) $(".add-name").value = "";
  if (!dialog.open) return;
  rowsChanged.send();
  if (wanted !== "" && sha256.startsWith(wanted)) return dialog.close(); // whoever has looked for it shows it now
  showAdded(sha256);
}

/**
 * What may be done with the one that has come: to look at it is what most want.
 * @param {string} sha256
 */
function showAdded(sha256) {
  added = sha256;
  $(".other-added").hidden = wanted === "";
  $(".other-added").textContent = wanted === "" ? "" : textOf("add_other", { hash: wanted.slice(0, 8) });
  $(".after-adding").hidden = false;
  $(".after-adding").scrollIntoView({ block: "nearest" });
  $(".look-added").focus();
}

/**
 * Begin anew: nothing was added.
 * @param {string} hash of the checkpoint that is looked for, or its beginning, or ""
 */
export function forgetAdded(hash) {
  wanted = hash;
  $(".after-adding").hidden = $(".other-added").hidden = true;
}

export function goToAdding() {
  $(".adding").scrollIntoView({ block: "end" });
  chosenFiles.focus({ preventScroll: true });
}

/** @param {() => void} openAdded */
function leaveFor(openAdded) {
  dialog.close();
  openAdded();
}

function compareAdded() {
  const mine = page.seed.sha256;
  openCompare(mine === null || mine === added ? [added] : [mine, added]);
}

$(".look-added").addEventListener("click", () => leaveFor(() => openSeed({ ...page.seed, sha256: added })));
$(".compare-added").addEventListener("click", () => leaveFor(compareAdded));
$(".to-adding").addEventListener("click", goToAdding);
chosenFiles.addEventListener("change", () => {
  addCheckpoint([...chosenFiles.files]);
  chosenFiles.value = "";
});
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (/** @type {DragEvent} */ event) => {
  event.preventDefault();
  drop.classList.remove("over");
  addCheckpoint([...(event.dataTransfer?.files ?? [])]);
});
onLanguage(element, showAdding);
page.mayAdd = Boolean(props.adding);
document.dispatchEvent(new CustomEvent("race:may-add"));

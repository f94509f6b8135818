// --- a checkpoint of one's own -----------------------------------------------------------------------------------------------

import { callServer } from "../shared/api.js";
import { announce } from "../shared/dom.js";
import { readFile } from "../shared/file_input.js";
import { takeList } from "../shared/listing.js";
import { page } from "../shared/page_state.js";
import { openCompare, openSeed } from "../shared/tabs.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, dialog, element, props, search, server } from "./context.js";
import { show } from "./panel.js";

const [drop, chosenFiles, addStatus] = [".add-drop", ".add-files", ".adding .status"].map($);
const PICKLES = /\.(pt|pth|ckpt|pkl|pickle|bin|pyt|joblib|npz|zip|tar|gz|tgz|7z)$/i;
let wanted = ""; // the hash of the checkpoint that is looked for, or its beginning
let added = ""; // the hash of the one that has come
let addLine = null; // what the line below says: {key, values, failed}

function sayAdding(next) {
  addLine = next;
  addStatus.hidden = next === null;
  addStatus.classList.toggle("failed", Boolean(next?.failed));
  addStatus.textContent = next === null ? "" : textOf(next.key, next.values);
  if (next?.failed && dialog.open) addStatus.scrollIntoView({ block: "nearest" });
}
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
const megabytes = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;

// The two files of a checkpoint, or what is wrong with the choice.
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

// Send the weights piece by piece; the answer to the last one is the checkpoint.
async function send(config, weights) {
  const begun = await callServer(server.add_begin, {
    config: await config.text(),
    size: weights.size,
    name: $(".add-name").value,
    secret: visitorSecret(),
  });
  if (begun.error) return begun;
  $(".add-name").value ||= begun.name;
  let answer = { received: 0 };
  while (answer.received < weights.size) {
    if (stopped) {
      callServer(server.add_stop, { upload: begun.upload });
      return { stopped };
    }
    sayAdding({ key: "add_sending", values: { percent: Math.round((100 * answer.received) / weights.size) } });
    const offset = answer.received;
    const piece = await readFile(weights.slice(offset, offset + props.adding.piece_bytes));
    if (piece.error) return { error: { code: "error_add_lost" } }; // the file has changed or gone since it was chosen
    answer = await callServer(server.add_piece, { upload: begun.upload, offset, piece: piece.base64 });
    if (answer.error || answer.sha256) return answer;
  }
  return answer;
}

let sending = false;
let stopped = false;
function setSending(on) {
  [sending, stopped] = [on, false];
  chosenFiles.disabled = on;
  $(".add-stop").hidden = !on;
}
$(".add-stop").addEventListener("click", () => (stopped = true));

async function addCheckpoint(files) {
  if (sending || files.length === 0) return;
  const { problem, config, weights } = pair(files);
  if (problem) return refuse(...problem);
  setSending(true);
  forgetAdded(wanted);
  const typed = $(".add-name").value;
  try {
    taken(await send(config, weights));
  } catch {
    refuse("error_add_lost"); // the config has changed or gone since it was chosen
  }
  if ($(".add-name").value !== "") $(".add-name").value = typed; // not the name that was proposed
  setSending(false);
}

function taken({ error, stopped: givenUp, sha256, name, known, list, own }) {
  if (error) return refuse(error.code, error.values);
  if (givenUp) return sayAdding({ key: "add_stopped" });
  search.value = "";
  takeList({ list, own });
  sayAdding({ key: known ? "add_known" : "add_done", values: { name, hash: sha256.slice(0, 8) } });
  announce(addStatus.textContent);
  if (!known) $(".add-name").value = "";
  if (!dialog.open) return;
  show();
  if (wanted !== "" && sha256.startsWith(wanted)) return dialog.close(); // whoever has looked for it shows it now
  showAdded(sha256);
}

// What may be done with the one that has come: to look at it is what most want.
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
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  addCheckpoint([...event.dataTransfer.files]);
});
onLanguage(element, showAdding);
page.mayAdd = Boolean(props.adding);
document.dispatchEvent(new CustomEvent("race:may-add"));

// An exported tile opens its checkpoint, seed and truncation. What a file says of itself is a claim: the tile that is shown
// is drawn from the seed, and whether the file holds the same pixels is for Verify to find out.

import { callServer } from "../shared/api.js";
import { isSame } from "../shared/favourite.js";
import { onFileChosen, onFileDropped, readFile } from "../shared/file_input.js";
import { refreshList } from "../shared/listing.js";
import { page, setSeed } from "../shared/page_state.js";
import { openVerify } from "../shared/tabs.js";
import { onLanguage, textOf, tileWords } from "../shared/texts.js";
import { $, checkpointOf, element, server, showProblem, status, tile } from "./context.js";

/** @import { OpenReply } from "../protocol.d.ts" */
/** @import { FileSource } from "../shared/file_input.js" */

/** @type {(OpenReply & { file: File }) | null} of the file that was opened last, while its tile is shown */
let opened = null;
let newestFile = 0;

function showOpened() {
  $(".opened").hidden = opened === null || !isSame(opened, page.shown);
  if (opened === null) return;
  const values = { file: opened.file.name, words: tileWords(opened), hash: opened.sha256.slice(0, 8) };
  $(".opened-words").textContent = textOf("open_claim", values);
}

/** @param {File} file */
async function openFile(file) {
  const mine = ++newestFile;
  const read = await readFile(file);
  const answer = read.error ? read : await callServer(server.open_tile, { file: read.base64 });
  if (mine !== newestFile) return;
  if (answer.error) {
    showProblem(answer.error);
    return status.scrollIntoView({ block: "nearest" });
  }
  showProblem(null);
  if (!checkpointOf(answer.sha256)) refreshList();
  opened = { ...answer, file };
  showOpened();
  setSeed({ sha256: answer.sha256, seed: answer.seed, psi: answer.psi });
  tile.scrollIntoView({ block: "nearest" });
}

function forgetOpened() {
  opened = null;
  showOpened();
}

document.addEventListener("ganrace:shown", showOpened);
document.addEventListener("race:seed", () => opened !== null && !isSame(opened, page.seed) && forgetOpened());
$(".verify-opened").addEventListener("click", () => opened !== null && openVerify([opened.file]));
$(".close-opened").addEventListener("click", forgetOpened);
onFileChosen($(".open-file"), openFile);
/**
 * One tile opens its seed; what is more than one file goes to Verify, whose table tells of each.
 * @param {File} file
 * @param {FileSource[]} sources
 */
function takeDropped(file, sources) {
  const isFolder = sources.some((one) => "isDirectory" in one && one.isDirectory);
  const isMany = sources.length > 1 || isFolder || /\.zip$/i.test(file.name);
  if (isMany) openVerify(sources);
  else openFile(file);
}

const mayDrop = () => page.tab === "explore" && !document.querySelector("dialog[open]");
onFileDropped(document, takeDropped, (over) => ($(".drop-here").hidden = !over), mayDrop);
onLanguage(element, showOpened);

// After the download: the file is checked as it was saved, and a text goes with it to whoever holds the race.

import { callServer } from "../shared/api.js";
import { copyText } from "../shared/clipboard.js";
import { showNotice } from "../shared/dom.js";
import { reachableLink, tileLink } from "../shared/share_link.js";
import { openVerify } from "../shared/tabs.js";
import { errorText, onLanguage, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, element, server } from "./context.js";

/** @import { Answered, ExportCheckReply } from "../protocol.d.ts" */
/** @import { ReachableLink } from "../shared/share_link.js" */
/** @import { ProgramError, ShownTile } from "../shared/types.d.ts" */

/** @typedef {{ tile: ShownTile, blob: Blob, file: string, base64: string }} SavedFile with the tile that it is of */
/** @typedef {{ outcome?: string, error?: ProgramError, isChecking?: boolean }} Check */

/** @type {SavedFile | null} */
let saved = null;
/** @type {Check | null} */
let check = null;
/** @type {ReachableLink | null} to the tile of the file */
let link = null;

const text = $(".hand-in-text");

/**
 * A file was saved, or, with null, another tile is shown.
 * @param {SavedFile | null} next
 */
export async function noteFile(next) {
  [saved, check, link] = [next, null, null];
  showSteps();
  if (next === null) return;
  $(".verify-it").focus();
  const found = await reachableLink(tileLink(next.tile));
  if (saved !== next) return;
  link = found;
  showText();
}

function showSteps() {
  $(".verify-it").disabled = saved === null || check?.isChecking === true;
  $(".checked").hidden = check === null;
  $(".checked").textContent = checkText();
  $(".checked").dataset.outcome = check?.outcome ?? "";
  $(".verify-details").hidden = check === null || check.isChecking === true;
  showText();
}

function checkText() {
  if (check === null) return "";
  if (check.error) return errorText(check.error);
  return textOf(check.outcome ? `verdict_${check.outcome}` : "verifying");
}

function showText() {
  const isThere = saved !== null && link !== null;
  text.hidden = !isThere;
  $(".copy-text").disabled = !isThere;
  const isDead = link?.reach === "qr_one_machine";
  $(".link-warning").hidden = !isThere || !isDead;
  $(".link-warning").textContent = textOf("hand_in_link_warning");
  if (saved === null || link === null) return;
  text.value = handInText(saved, isDead ? textOf("hand_in_link_here", link) : link.link);
}

/**
 * @param {SavedFile} saved
 * @param {string} said of the link
 */
const handInText = ({ tile: { name, sha256, seed, psi }, file }, said) =>
  textOf("hand_in_text", { name, sha256, seed, psi, file, link: said });

async function verifySaved() {
  const checked = saved;
  if (checked === null) return;
  check = { isChecking: true };
  showSteps();
  /** @type {Answered<ExportCheckReply>} */
  const answer = await callServer(server.check_export, { file: checked.base64, visitor });
  if (saved !== checked) return;
  check = "outcome" in answer || "error" in answer ? answer : null;
  showSteps();
  if (check?.outcome?.startsWith("pass")) $(".copy-text").focus();
}

async function copyHandIn() {
  if (await copyText(text.value)) return showNotice(textOf("text_copied"));
  text.focus();
  text.select();
  showNotice(textOf("text_by_hand"));
}

$(".verify-it").addEventListener("click", verifySaved);
$(".verify-details").addEventListener("click", () => {
  if (saved !== null) openVerify([new File([saved.blob], saved.file, { type: "image/png" })]);
});
$(".copy-text").addEventListener("click", copyHandIn);
onLanguage(element, showSteps);

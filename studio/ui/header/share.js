// Giving the link away: through the system's share sheet on a phone, else by the clipboard. Where neither is, and where
// others could not follow the link, it stays in a field until somebody closes it.

import { copyText } from "../shared/clipboard.js";
import { setUpDialog, showNotice } from "../shared/dom.js";
import { isOfOneMachine } from "../shared/link_rules.js";
import { giveReach, reachableLink } from "../shared/share_link.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { withCommands } from "./commands.js";
import { $, element, props, server } from "./context.js";

/** @import { ReachableLink } from "../shared/share_link.js" */

const COMMAND = "python app.py --share";
const dialog = $("dialog.link");
const field = $(".link-field");
/** @type {(ReachableLink & { isCopied: boolean }) | null} */
let shown = null; // what the dialog shows

giveReach({ call: server.link_code, isOneMachine: (host) => isOfOneMachine(host, props.one_machine) });

const hasShareSheet = () => Boolean(navigator.share) && matchMedia("(pointer: coarse)").matches;

/** The link of this page for somebody else. */
export async function shareLink() {
  const found = await reachableLink();
  const isDead = found.reach === "qr_one_machine";
  if (!isDead && hasShareSheet() && (await handToSystem(found.link))) return;
  const isCopied = await copyText(found.link);
  if (isCopied && !isDead) showNotice(textOf(found.reach === "qr_moved" ? "copied_public" : "copied"));
  else showLink({ ...found, isCopied });
}

/**
 * Tells whether the share sheet was there; whoever closes it wants nothing else.
 * @param {string} url
 */
async function handToSystem(url) {
  try {
    await navigator.share({ title: textOf("title"), url });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError";
  }
}

/** @param {ReachableLink & { isCopied: boolean }} next */
function showLink(next) {
  shown = next;
  showWords();
  field.value = next.link;
  dialog.showModal();
  select();
}

function select() {
  field.focus();
  field.select();
  field.scrollLeft = 0;
}

function showWords() {
  const label = textOf(hasShareSheet() ? "share_link" : "copy_link");
  $(".copy .word").textContent = label;
  $(".copy").setAttribute("aria-label", label);
  if (shown === null) return;
  const isDead = shown.reach === "qr_one_machine";
  const said = [textOf(shown.isCopied ? "copied" : "copy_by_hand"), ...(isDead ? [textOf("link_one_machine")] : [])];
  $(".link-words").replaceChildren(...withCommands(said.join(" ")));
  $(".link-words").classList.toggle("warned", isDead);
  $(".copy-command").hidden = !isDead;
}

/** @param {string} text */
async function copyAgain(text) {
  if (await copyText(text)) return showNotice(textOf("copied_text", { text }));
  field.value = text;
  select();
}

$(".copy").addEventListener("click", shareLink);
$(".copy-field").addEventListener("click", () => shown && copyAgain(shown.link));
$(".copy-command").addEventListener("click", () => copyAgain(COMMAND));
field.addEventListener("focus", () => field.select());
setUpDialog(dialog, () => (shown === null ? shareLink() : showLink(shown)));
onLanguage(element, showWords);

// The link as a QR code; the program draws it, and knows a public link where this address is of one machine only.

import { callServer } from "../shared/api.js";
import { setUpDialog } from "../shared/dom.js";
import { sharedLink } from "../shared/share_link.js";
import * as shortcuts from "../shared/shortcuts.js";
import { errorText, onLanguage, textOf } from "../shared/texts.js";
import { withCommands } from "./commands.js";
import { $, server } from "./context.js";

const qr = $(".qr");
/** @type {any} what the program answered for the link that the dialog shows: a LinkReply, or an error */
let code = null;
let codesAsked = 0;

async function showQr() {
  const mine = (codesAsked += 1);
  code = null;
  showCode();
  qr.showModal();
  const answer = await callServer(server.link_code, { link: sharedLink() });
  if (mine !== codesAsked) return;
  code = answer;
  showCode();
}

function showCode() {
  const drawn = code !== null && !code.error;
  for (const name of [".qr-picture", ".qr-link"]) $(name).hidden = !drawn;
  $(".qr-words").hidden = code === null;
  $(".qr-words").classList.toggle("failed", Boolean(code?.error));
  $(".qr-words").classList.toggle("warned", code?.reach === "qr_one_machine");
  if (code !== null) {
    $(".qr-words").replaceChildren(...withCommands(code.error ? errorText(code.error) : textOf(code.reach)));
  }
  if (!drawn) return;
  $(".qr-picture").src = `data:image/svg+xml;base64,${code.svg}`;
  $(".qr-picture").alt = textOf("qr_alt");
  $(".qr-link").textContent = $(".qr-link").href = code.link;
}

setUpDialog(qr, showQr);
$(".open-qr").addEventListener("click", showQr);
shortcuts.register("", { qr_title: showQr });
onLanguage(qr, showCode);

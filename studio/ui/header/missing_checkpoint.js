// The way out of a link to a checkpoint that is not here.

import { missingCheckpoint, openAdding, openNamed } from "../shared/missing_checkpoint.js";
import { page, setSeed } from "../shared/page_state.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { $, element } from "./context.js";

const HASH = /^[0-9a-f]{8}$/i;

function showMissing() {
  const missing = missingCheckpoint();
  $(".missing").hidden = missing === null;
  if (missing === null) return;
  const isSeveral = missing.count > 1;
  $(".missing-words").textContent = missingText(missing);
  $(".open-default").textContent = textOf(isSeveral ? "missing_choose" : "missing_default");
  $(".add-missing").hidden = isSeveral || !page.mayAdd;
}

/** @param {import("../shared/missing_checkpoint.js").Missing} missing */
function missingText({ named, name, count }) {
  if (count > 1) return textOf("missing_words_several", { name: named, count });
  return textOf(name === null ? "missing_words" : "missing_words_named", { hash: named, name });
}

$(".open-default").addEventListener("click", () => {
  const missing = missingCheckpoint();
  if (missing !== null && missing.count > 1) openNamed(missing.named);
  else setSeed({ sha256: page.list?.default ?? null });
});
$(".add-missing").addEventListener("click", () => {
  const { named = "" } = missingCheckpoint() ?? {};
  openAdding(HASH.test(named) ? named.toLowerCase() : undefined);
});
for (const name of ["race:missing", "race:may-add"]) document.addEventListener(name, showMissing);
onLanguage(element, showMissing);

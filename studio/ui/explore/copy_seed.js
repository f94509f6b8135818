// The seed of the tile, for the clipboard; where there is none, it is selected, to be copied by hand. And whether the tile
// may be handed in.

import { copyText } from "../shared/clipboard.js";
import { announce } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import { setUpStatusBadge } from "../shared/submission_status.js";
import { textOf } from "../shared/texts.js";
import { $, field } from "./context.js";

const COPIED_MILLISECONDS = 2000;
const copyButton = $(".copy-seed");

async function copySeed() {
  const { seed } = page.shown ?? page.seed;
  if (!(await copyText(String(seed)))) {
    field.value = seed;
    field.select();
    return announce(textOf("seed_by_hand"));
  }
  announce(textOf("seed_copied", { seed }));
  copyButton.classList.add("copied-seed");
  setTimeout(() => copyButton.classList.remove("copied-seed"), COPIED_MILLISECONDS);
}
copyButton.addEventListener("click", copySeed);
setUpStatusBadge($(".submission-status"));

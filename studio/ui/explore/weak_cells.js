// The five weakest pictures of the tile, outlined on the screen where somebody asks for it, and the tile's diversity.

import { callServer } from "../shared/api.js";
import { cellMark, placeOfCell } from "../shared/cells.js";
import { make } from "../shared/dom.js";
import { isSame } from "../shared/favourite.js";
import { page } from "../shared/page_state.js";
import * as shortcuts from "../shared/shortcuts.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, element, server, showProblem } from "./context.js";
import { openCell } from "./lightbox.js";

/** @import { WeakestReply } from "../protocol.d.ts" */
/** @import { TileKey } from "../shared/types.d.ts" */

const weakestSwitch = $(".show-weakest");
/** @type {(TileKey & WeakestReply) | null} of the tile that was looked at last */
let weakest = null;

function showWeakest() {
  const wanted = weakestSwitch.checked && page.shown !== null;
  const known = wanted && isSame(weakest, page.shown) ? weakest : null;
  $(".weakest").hidden = !wanted;
  $(".weakest").setAttribute("aria-busy", String(wanted && known === null));
  $(".tile-marks").replaceChildren(...(known?.cells ?? []).map(cellMark));
  $(".weakest-cells").hidden = known === null;
  $(".weakest-cells").replaceChildren(...(known?.cells ?? []).map(weakestButton));
  $(".weakest-words").textContent = textOf(known ? "weakest_words" : "weakest_waiting");
  const values = known ? { diversity: known.diversity.toFixed(2), usual: known.usual.toFixed(2) } : {};
  $(".weakest-diversity").textContent = known ? textOf("weakest_diversity", values) : "";
}

/** @param {number} cell */
function weakestButton(cell) {
  const button = make("button", { type: "button", textContent: String(cell) });
  button.setAttribute("aria-label", textOf("weakest_cell", placeOfCell(cell)));
  button.addEventListener("click", () => openCell(cell));
  return button;
}

// An answer for a tile that is shown no longer is left alone: the next one was asked for.
async function lookForWeakest() {
  showWeakest();
  const tileAsked = page.shown;
  if (!weakestSwitch.checked || tileAsked === null || page.tab !== "explore" || isSame(weakest, tileAsked)) return;
  const { sha256, seed, psi } = tileAsked;
  const answer = await callServer(server.weakest, { sha256, seed, psi, visitor });
  if (!isSame(tileAsked, page.shown) || answer.superseded) return;
  if (answer.error) {
    weakestSwitch.checked = false;
    showProblem(answer.error);
  } else weakest = { sha256, seed, psi, ...answer };
  showWeakest();
}

function switchWeakest() {
  weakestSwitch.checked = !weakestSwitch.checked;
  lookForWeakest();
}

weakestSwitch.addEventListener("change", lookForWeakest);
for (const name of ["ganrace:shown", "race:tab"]) document.addEventListener(name, lookForWeakest);
shortcuts.register("explore", { weakest_switch: switchWeakest });
onLanguage(element, showWeakest);

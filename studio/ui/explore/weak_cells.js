// The five weakest pictures of the tile, outlined on the screen where somebody asks for it, and the tile's diversity.

import { callServer } from "../shared/api.js";
import { cellMark, placeOfCell } from "../shared/cells.js";
import { isSame } from "../shared/favourite.js";
import { page } from "../shared/page_state.js";
import * as shortcuts from "../shared/shortcuts.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, element, server } from "./context.js";
import { openCell, showProblem, wishOf } from "./tab.js";

const weakestSwitch = $(".show-weakest");
let weakest = null; // {sha256, seed, psi, cells, diversity, usual} of the tile that was looked at last

function showWeakest() {
  const wanted = weakestSwitch.checked && page.shown !== null;
  const known = wanted && isSame(weakest, page.shown);
  $(".weakest").hidden = !wanted;
  $(".weakest").setAttribute("aria-busy", String(wanted && !known));
  $(".tile-marks").replaceChildren(...(known ? weakest.cells.map(cellMark) : []));
  $(".weakest-cells").hidden = !known;
  $(".weakest-cells").replaceChildren(...(known ? weakest.cells.map(weakestButton) : []));
  $(".weakest-words").textContent = textOf(known ? "weakest_words" : "weakest_waiting");
  const values = known ? { diversity: weakest.diversity.toFixed(2), usual: weakest.usual.toFixed(2) } : {};
  $(".weakest-diversity").textContent = known ? textOf("weakest_diversity", values) : "";
}

function weakestButton(cell) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: cell });
  button.setAttribute("aria-label", textOf("weakest_cell", placeOfCell(cell)));
  button.addEventListener("click", () => openCell(cell));
  return button;
}

// An answer for a tile that is shown no longer is left alone: the next one was asked for.
async function lookForWeakest() {
  showWeakest();
  const tileAsked = page.shown;
  if (!weakestSwitch.checked || tileAsked === null || page.tab !== "explore" || isSame(weakest, tileAsked)) return;
  const answer = await callServer(server.weakest, { ...wishOf(tileAsked), visitor });
  if (!isSame(tileAsked, page.shown) || answer.superseded) return;
  if (answer.error) {
    weakestSwitch.checked = false;
    showProblem(answer.error);
  } else weakest = { ...wishOf(tileAsked), ...answer };
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

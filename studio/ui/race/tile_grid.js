// All tiles of the race small, in this viewer's own order; a press opens the exhibition.

import { make } from "../shared/dom.js";
import { textOf } from "../shared/texts.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, ask, currentStatus, onStatus } from "./context.js";
import { closeExhibition, openExhibition } from "./exhibition.js";
import { tilePicture } from "./tile_pictures.js";

const RETRY_MILLISECONDS = 3000;

/** @type {string[]} all tiles in the viewer's order */
let order = [];
let pictures = "";

/** The tiles of the round that is on, in the viewer's order. */
export function shownTiles() {
  const { tiles = [], phase = "" } = currentStatus() ?? {};
  return phase === "REVEAL" ? order : order.filter((tile) => tiles.includes(tile));
}

/** @param {string} key of the pictures of one opening of the vote */
async function fetchOrder(key) {
  const answer = await ask("exhibition", { secret: visitorSecret() });
  if (key !== pictures) return;
  if ("error" in answer) return void setTimeout(() => key === pictures && fetchOrder(key), RETRY_MILLISECONDS);
  order = answer.tiles;
  showGrid();
}

/** @param {string} tile */
function card(tile) {
  const words = textOf("race_enlarge_tile", { tile });
  const node = make(
    "button",
    { type: "button", className: "grid-tile", title: words },
    tilePicture(tile, "small"),
    tile,
  );
  node.setAttribute("aria-label", words);
  node.addEventListener("click", () => openExhibition(shownTiles(), tile));
  return node;
}

export function showGrid() {
  $(".tile-grid").replaceChildren(...shownTiles().map(card));
  $(".open-exhibition").disabled = shownTiles().length === 0;
}

onStatus((now, before) => {
  if (now.pictures !== pictures) {
    pictures = now.pictures;
    order = [];
    closeExhibition();
    showGrid();
    if (pictures !== "") void fetchOrder(pictures);
  } else if (String(now.tiles) !== String(before?.tiles) || now.phase !== before?.phase) {
    showGrid();
  }
});
$(".open-exhibition").addEventListener("click", () => openExhibition(shownTiles()));

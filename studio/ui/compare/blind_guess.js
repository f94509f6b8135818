// Blind mode: names hidden, order shuffled; guess which is which, then reveal.

import { make } from "../shared/dom.js";
import { nameText, textOf } from "../shared/texts.js";
import { $, LETTERS, state, gridNow, gridShown } from "./context.js";
import { redraw } from "./tile_grid.js";

/** @type {string[]} */
let guesses = [];

/** @param {number} count */
export function arrange(count) {
  state.order = Array.from({ length: count }, (_, index) => index);
  state.pair = [0, Math.min(1, count - 1)];
  guesses = state.order.map(() => "");
  state.revealed = false;
  if (!state.blind) return;
  for (let last = count - 1; last > 0; last -= 1) {
    const other = crypto.getRandomValues(new Uint32Array(1))[0] % (last + 1);
    [state.order[last], state.order[other]] = [state.order[other], state.order[last]];
  }
}

/** @param {boolean} on */
function setBlind(on) {
  state.blind = on;
  arrange(state.order.length);
  redraw();
}

function showGuess() {
  $(".guess").hidden = !state.blind;
  if (!state.blind || state.grid === null) return;
  $(".guesses").replaceChildren(...state.order.map((_, place) => guessNode(place)));
  $(".reveal").hidden = state.revealed;
  const right = state.order.filter((_, place) => isRight(place)).length;
  $(".guess-result").textContent = state.revealed ? textOf("compare_result", { right, count: state.order.length }) : "";
}

/**
 * Two slots with the same weights are the same answer.
 * @param {number} place
 */
const isRight = (place) =>
  guesses[place] !== "" &&
  gridNow().tiles[Number(guesses[place])].sha256 === gridNow().tiles[state.order[place]].sha256;

/** @param {number} place */
function guessNode(place) {
  const select = make("select", { disabled: state.revealed });
  select.replaceChildren(
    new Option("?", ""),
    ...gridNow().tiles.map((one, index) => new Option(`${index + 1} · ${nameText(one.name)}`, String(index))),
  );
  select.value = guesses[place];
  select.addEventListener("change", () => (guesses[place] = select.value));
  const label = make(
    "label",
    { className: "compact" },
    make("span", { textContent: textOf("compare_letter", { letter: LETTERS[place] }) }),
    select,
  );
  if (state.revealed) {
    const mark = isRight(place) ? "✓" : "✗";
    label.append(
      make("span", {
        className: isRight(place) ? "right" : "wrong",
        textContent: `${mark} ${nameText(gridNow().tiles[state.order[place]].name)}`,
      }),
    );
  }
  return label;
}

gridShown.listen(showGuess);
$(".blind").addEventListener("change", () => setBlind($(".blind").checked));
$(".shuffle").addEventListener("click", () => setBlind(true));
$(".reveal").addEventListener("click", () => {
  state.revealed = true;
  redraw();
});

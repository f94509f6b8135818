// Blind mode: names hidden, order shuffled; guess which is which, then reveal.

import { make } from "../shared/dom.js";
import { textOf } from "../shared/texts.js";
import { $, LETTERS, state } from "./context.js";
import { redraw } from "./tab.js";

let guesses = [];

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

function setBlind(on) {
  state.blind = on;
  arrange(state.order.length);
  redraw();
}

export function showGuess() {
  $(".guess").hidden = !state.blind;
  if (!state.blind || state.wall === null) return;
  $(".guesses").replaceChildren(...state.order.map(guessNode));
  $(".reveal").hidden = state.revealed;
  const right = state.order.filter((_, place) => isRight(place)).length;
  $(".guess-result").textContent = state.revealed ? textOf("compare_result", { right, count: state.order.length }) : "";
}

// Two slots with the same weights are the same answer.
const isRight = (place) =>
  guesses[place] !== "" &&
  state.wall.tiles[Number(guesses[place])].sha256 === state.wall.tiles[state.order[place]].sha256;

function guessNode(_, place) {
  const select = make("select", { disabled: state.revealed });
  select.replaceChildren(
    new Option("?", ""),
    ...state.wall.tiles.map((one, index) => new Option(`${index + 1} · ${one.name}`, String(index))),
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
        textContent: `${mark} ${state.wall.tiles[state.order[place]].name}`,
      }),
    );
  }
  return label;
}

$(".blind").addEventListener("change", () => setBlind($(".blind").checked));
$(".shuffle").addEventListener("click", () => setBlind(true));
$(".reveal").addEventListener("click", () => {
  state.revealed = true;
  redraw();
});

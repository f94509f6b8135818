// Blind mode: names hidden, order shuffled; guess which is which, then reveal.
let guesses = [];

function arrange(count) {
  order = Array.from({ length: count }, (_, index) => index);
  pair = [0, Math.min(1, count - 1)];
  guesses = order.map(() => "");
  revealed = false;
  if (!blind) return;
  for (let last = count - 1; last > 0; last -= 1) {
    const other = crypto.getRandomValues(new Uint32Array(1))[0] % (last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
}

function setBlind(on) {
  blind = on;
  arrange(order.length);
  redraw();
}

function showGuess() {
  $(".guess").hidden = !blind;
  if (!blind || wall === null) return;
  $(".guesses").replaceChildren(...order.map(guessNode));
  $(".reveal").hidden = revealed;
  const right = order.filter((_, place) => isRight(place)).length;
  $(".guess-result").textContent = revealed ? race.text("compare_result", { right, count: order.length }) : "";
}

// Two slots with the same weights are the same answer.
const isRight = (place) => guesses[place] !== "" && wall.tiles[Number(guesses[place])].sha256 === wall.tiles[order[place]].sha256;

function guessNode(_, place) {
  const select = make("select", { disabled: revealed });
  select.replaceChildren(new Option("?", ""), ...wall.tiles.map((one, index) => new Option(`${index + 1} · ${one.name}`, index)));
  select.value = guesses[place];
  select.addEventListener("change", () => (guesses[place] = select.value));
  const label = make("label", { className: "compact" }, make("span", { textContent: race.text("compare_letter", { letter: LETTERS[place] }) }), select);
  if (revealed) {
    const mark = isRight(place) ? "✓" : "✗";
    label.append(make("span", { className: isRight(place) ? "right" : "wrong", textContent: `${mark} ${wall.tiles[order[place]].name}` }));
  }
  return label;
}

$(".blind").addEventListener("change", () => setBlind($(".blind").checked));
$(".shuffle").addEventListener("click", () => setBlind(true));
$(".reveal").addEventListener("click", () => {
  revealed = true;
  redraw();
});

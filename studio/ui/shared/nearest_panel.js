// "Is it a copy?": the nearest training pictures under an enlarged picture. `ask` gives the program's answer for the
// picture that is enlarged now, or `cells` of several, which `titles` call by their names, and `askStop` tells it to look for
// no more; what is returned is to be called whenever that picture changes.
race.copies = (details, { ask, askStop, titles }) => {
  const found = details.querySelector(".copies-found");
  const WAIT = 2000;
  let newest = 0;
  let answer = null;
  let asking = null; // until it is answered, so that a question cannot come after the wish to stop

  const line = (text, className = "hint") => Object.assign(document.createElement("p"), { className, textContent: text });

  function neighbour(one, index) {
    const figure = document.createElement("figure");
    const picture = Object.assign(new Image(), { src: race.jpegUrl(one.jpeg), width: 128, height: 128 });
    picture.alt = race.text("copy_alt", { number: index + 1 });
    const words = [race.text("copy_distance", { distance: one.distance.toFixed(3) })];
    if (one.mirrored) words.push(race.text("copy_mirrored"));
    figure.append(picture, Object.assign(document.createElement("figcaption"), { textContent: words.join(" · ") }));
    figure.classList.toggle("copied", one.copied);
    return figure;
  }

  const isFound = ({ neighbours, cells }) => neighbours !== undefined || cells !== undefined;

  // The same elements as long as it takes, so that the button keeps the focus.
  const [words, bar, stop, again] = [line(""), race.make("progress"), button("stop-copies", halt), button("again-copies", goOn)];
  const waiting = race.make("div", { className: "copies-waiting" }, words, bar, stop);

  function button(className, act) {
    const made = race.make("button", { type: "button", className });
    made.addEventListener("click", act);
    return made;
  }

  function showWaiting({ done, total, reading }) {
    const text = reading ? "copy_reading" : "copy_building";
    words.textContent = race.text(total ? text : "copy_opening", { done, total });
    bar.setAttribute("aria-label", words.textContent);
    if (total) [bar.max, bar.value] = [total, done];
    else bar.removeAttribute("value");
    stop.textContent = race.text("film_stop");
    if (!waiting.isConnected) found.replaceChildren(waiting);
  }

  function showStopped() {
    again.textContent = race.text("seeds_go_on");
    found.replaceChildren(line(race.text(answer.goes_on ? "copy_stopped_others" : "film_stopped")), again);
  }

  function show() {
    if (answer?.total !== undefined) return showWaiting(answer);
    if (answer?.stopped) return showStopped();
    found.replaceChildren();
    if (answer === null) return;
    if (answer.error) return found.append(line(race.errorText(answer.error), "status failed"));
    const [cells, names] = [answer.cells ?? [answer], titles()];
    const groups = cells.map((one, place) => group(one, names[place] ?? ""));
    found.append(race.make("div", { className: "nearest-all" }, ...groups), line(race.text("copy_care", valuesOf(cells[0]))));
  }

  const valuesOf = ({ threshold, count, network }) => ({ threshold: threshold.toFixed(3), count: count.toLocaleString(race.language), eye: race.named(network) });

  // What was found for one picture; of several, each is called by its name.
  function group(one, name) {
    const pictures = race.make("div", { className: "neighbours" }, ...one.neighbours.map(neighbour));
    const copied = one.neighbours.some((near) => near.copied);
    const flag = line(race.text(copied ? "copy_flag" : "copy_no_flag", valuesOf(one)), copied ? "status failed flag" : "hint flag");
    const node = race.make("div", { className: "nearest" }, flag, pictures);
    if (name === "") return node;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", name);
    node.prepend(race.make("strong", { textContent: name }));
    return node;
  }

  const isSeen = () => details.open && details.closest("dialog")?.open !== false;
  async function look() {
    const mine = ++newest;
    if (!isSeen()) return;
    asking = race.ask(ask, undefined);
    const next = await asking;
    if (mine !== newest || next.superseded) return;
    answer = next;
    show();
    if (!answer.error && !isFound(answer)) setTimeout(() => mine === newest && look(), WAIT);
  }

  async function halt() {
    const mine = ++newest;
    await asking;
    const next = await race.ask(askStop, undefined);
    if (mine !== newest) return;
    answer = next;
    show();
    again.focus();
  }

  async function goOn() {
    begin();
    await asking;
    stop.focus();
  }

  function begin() {
    answer = null;
    show();
    look();
  }

  // Whoever has stopped it must not begin it again by looking at another picture.
  const changed = () => answer?.stopped || begin();

  details.addEventListener("toggle", begin);
  document.addEventListener("ganrace:language", show);
  return changed;
};

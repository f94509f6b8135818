// "Is it a copy?": the nearest training pictures under an enlarged picture. `ask` gives the program's answer for the
// picture that is enlarged now, or `cells` of several, which `titles` call by their names; what is returned is to be called
// whenever that picture changes.
race.copies = (details, ask, titles = () => []) => {
  const found = details.querySelector(".copies-found");
  const WAIT = 2000;
  let newest = 0;
  let answer = null;

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

  function show() {
    found.replaceChildren();
    if (answer === null) return;
    if (answer.error) return found.append(line(race.errorText(answer.error), "status failed"));
    if (!isFound(answer)) return found.append(line(race.text(answer.total ? "copy_building" : "copy_opening", answer)));
    const [cells, names] = [answer.cells ?? [answer], titles()];
    const groups = cells.map((one, place) => group(one, names[place] ?? ""));
    found.append(race.make("div", { className: "nearest-all" }, ...groups), line(race.text("copy_care", valuesOf(cells[0]))));
  }

  const valuesOf = ({ threshold, count, eye }) => ({ threshold: threshold.toFixed(3), count: count.toLocaleString(race.language), eye: race.told(eye) });

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

  async function look() {
    const mine = ++newest;
    if (!details.open) return;
    const next = await race.ask(ask, undefined);
    if (mine !== newest || next.superseded) return;
    answer = next;
    show();
    if (!answer.error && !isFound(answer)) setTimeout(() => mine === newest && look(), WAIT);
  }

  function changed() {
    answer = null;
    show();
    look();
  }

  details.addEventListener("toggle", changed);
  document.addEventListener("ganrace:language", show);
  return changed;
};

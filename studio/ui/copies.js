// "Is it a copy?": the nearest training pictures under an enlarged picture. `ask` gives the program's answer for the
// picture that is enlarged now; what is returned is to be called whenever that picture changes.
race.copies = (details, ask) => {
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

  function show() {
    found.replaceChildren();
    if (answer === null) return;
    if (answer.error) return found.append(line(race.errorText(answer.error), "status failed"));
    if (answer.neighbours === undefined) return found.append(line(race.text(answer.total ? "copy_building" : "copy_opening", answer)));
    const pictures = document.createElement("div");
    pictures.className = "neighbours";
    pictures.append(...answer.neighbours.map(neighbour));
    const copied = answer.neighbours.some((one) => one.copied);
    const values = { threshold: answer.threshold.toFixed(3), count: answer.count.toLocaleString(race.language), eye: race.told(answer.eye) };
    found.append(line(race.text(copied ? "copy_flag" : "copy_no_flag", values), copied ? "status failed flag" : "hint flag"));
    found.append(pictures, line(race.text("copy_care", values)));
  }

  async function look() {
    const mine = ++newest;
    if (!details.open) return;
    const next = await race.ask(ask, undefined);
    if (mine !== newest || next.superseded) return;
    answer = next;
    show();
    if (!answer.error && answer.neighbours === undefined) setTimeout(() => mine === newest && look(), WAIT);
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

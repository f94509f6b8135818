// The knockout: few decisions between whole tiles lead to one. The program replays the decisions, so that undoing one is
// leaving it out.
const KNOCKOUT_WORKER = 2; // lanes from here on, one for each place
const MOST_LANES = 6;
let contest = null; // {seeds, decisions, stage} while a knockout goes on
let deciding = null; // while the program replays: what was pressed meanwhile was about tiles that nobody has seen

// Who takes part: what was kept or starred, and where that is less than two, all that were not dropped.
function entrants() {
  const seeds = [...cards.keys()];
  const chosen = seeds.filter((seed) => marks.of(seed) === "keep" || isStarred(seed));
  return chosen.length > 1 ? chosen : seeds.filter((seed) => marks.of(seed) !== "drop");
}

async function startKnockout() {
  const seeds = entrants();
  if (seeds.length < 2) return showProblem({ code: "knockout_too_few", values: {} });
  showProblem(null);
  round++; // what is shown now comes before the rest of the sheet
  await decideBy(seeds, []);
}

async function decideBy(seeds, decisions) {
  if (deciding !== null) return;
  deciding = race.ask(server.decide, { seeds, decisions });
  const answer = await deciding;
  deciding = null;
  if (answer.error) return showProblem(answer.error);
  contest = { seeds, decisions, stage: answer };
  showKnockout();
  fetchRivals(contest);
}

function decideFor(stay) {
  if (deciding !== null || contest === null || contest.stage.shown.length === 0) return;
  const { shown, alive, decided, remaining } = contest.stage;
  const isLast = remaining === 1 && alive.length > 2 ? stay.length !== 1 : stay.length === 0 && shown.length === alive.length;
  if (isLast) return race.live(race.text("knockout_must"));
  decideBy(contest.seeds, [...contest.decisions, stay]);
}

async function undo() {
  while (deciding !== null) await deciding;
  if (contest?.decisions.length) await decideBy(contest.seeds, contest.decisions.slice(0, -1));
}

async function leaveKnockout() {
  while (deciding !== null) await deciding;
  if (contest === null) return;
  contest = null;
  showKnockout();
  stream();
}

function showKnockout() {
  $(".knockout").hidden = contest === null;
  for (const node of element.querySelectorAll(".sheet-part")) node.hidden = contest !== null;
  if (contest === null) return;
  const { shown, alive, remaining } = contest.stage;
  const won = shown.length === 0;
  const values = { remaining, alive: alive.length, seed: alive[0], count: contest.seeds.length };
  $(".knockout-words").textContent = race.text(won ? "knockout_won" : "knockout_words", values);
  const rivals = won ? alive : shown;
  $(".rivals").replaceChildren(...rivals.map((seed, place) => rivalOf(seed, place, won)));
  $(".rivals").style.setProperty("--rivals", Math.min(rivals.length, 5));
  $(".rivals").classList.toggle("won", won);
  for (const name of [".both", ".neither"]) $(name).disabled = won || remaining === 1;
  $(".undo").disabled = contest.decisions.length === 0;
}

function rivalOf(seed, place, won) {
  const address = pictures.get(`${seed} ${LARGE}`) ?? pictures.get(`${seed} ${SMALL}`);
  const image = make("img", { alt: "", width: LARGE, height: LARGE, draggable: false });
  if (address) image.src = address;
  const words = race.text(won ? "seeds_open" : "knockout_this", { place: place + 1 });
  const button = make("button", { type: "button", className: "rival" }, image, make("span", { textContent: `${words} · ${race.text("seed")} ${seed}` }));
  button.dataset.keys = "";
  button.dataset.seed = seed;
  button.setAttribute("aria-label", `${words}: ${race.text("seeds_card", { seed })}`);
  button.addEventListener("click", () => (won ? open(seed) : decideFor([seed])));
  return button;
}

// The large pictures of who is shown now, and then of those who come next.
async function fetchRivals(of) {
  const { shown, alive } = of.stage;
  const seeds = [...alive.slice(0, 2 * Math.max(shown.length, 1))].filter((seed) => !pictures.has(`${seed} ${LARGE}`));
  await Promise.all(Array.from({ length: Math.min(MOST_LANES, seeds.length) }, (_, lane) => fetchSome(of, seeds, lane)));
}

async function fetchSome(of, seeds, lane) {
  while (of === contest && isOpen() && seeds.length > 0) {
    const seed = seeds.shift();
    const answer = await race.ask(server.look, { ...key(seed), side: LARGE, worker: KNOCKOUT_WORKER + lane, visitor, urgent: true });
    if (answer.superseded) continue;
    if (answer.error) return showProblem(answer.error);
    if (!pictures.has(`${seed} ${LARGE}`)) take(seed, answer, LARGE);
    const image = $(`.rival[data-seed="${seed}"] img`);
    if (image) image.src = pictures.get(`${seed} ${LARGE}`);
  }
}

const pick = (place) => contest.stage.shown[place] !== undefined && decideFor([contest.stage.shown[place]]);
$(".start-knockout").addEventListener("click", startKnockout);
$(".both").addEventListener("click", () => decideFor([...contest.stage.shown]));
$(".neither").addEventListener("click", () => decideFor([]));
$(".undo").addEventListener("click", undo);
$(".leave").addEventListener("click", leaveKnockout);

// Keys, of the sheet and of the knockout.
const either = (knocking, sheeting) => (event) => (contest === null ? sheeting(event) : knocking(event));
const nothing = () => {};
race.keys.register("seeds", {
  ArrowLeft: ["seeds_key_move", either(() => pick(0), () => move(-1))],
  ArrowRight: ["seeds_key_move", either(() => pick(1), () => move(1))],
  ArrowUp: ["seeds_key_move", either(() => decideFor([...contest.stage.shown]), () => move(-columns))],
  ArrowDown: ["seeds_key_move", either(() => decideFor([]), () => move(columns))],
  k: ["seeds_keep", either(nothing, () => mark("keep"))],
  x: ["seeds_drop", either(nothing, () => mark("drop"))],
  f: ["seeds_star", either(nothing, star)],
  Enter: ["seeds_open", either(() => contest.stage.shown.length === 0 && open(contest.stage.alive[0]), () => open(cursor))],
  ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => [String(number), ["seeds_key_columns", either(() => pick(number - 1), () => setColumns(number))]])),
  z: ["knockout_undo", either(undo, nothing)],
  Escape: ["knockout_leave", either(leaveKnockout, nothing)],
});

// What stands in the choices, and the first look.
$(".count").replaceChildren(...props.counts.map((count) => new Option(count, count)));
$(".columns-count").replaceChildren(...[1, 2, 3, 4, 5].map((count) => new Option(count, count)));
setColumns(window.matchMedia("(max-width: 860px)").matches ? 2 : 4);
race.onLanguage(element, () => {
  showProblem(problem);
  if (list !== null) race.fillCheckpoints(select, list, wish?.sha256 ?? list.default);
  if (wish !== null) arrange();
  showRanking();
  showKnockout();
});
refreshList();

// What the link says of Morph, so that it gives the same picture anywhere: a place, and after a "_" each what was done to it
// on its way through the generator.
//   A,B,t,way    walk,way,closed or open,t,A,B,...    pad,x,y,A,B,C,D    sefa or pca,eight amounts    mix,seed,first style
const SIGMAS = 3; // how far a direction goes
const MOST_STYLES = 16;

const isOneOf = (some) => (text) => (some.includes(text) ? text : null);
const readWay = isOneOf(WAYS);
const readNumber = (most) => (text) => (/^-?\d+(\.\d+)?(e-\d+)?$/.test(text) && Math.abs(Number(text)) <= most ? Number(text) : null);

// As many words as there are readers, each read by its own; null where one is not what it should be.
function readAll(words, readers) {
  if (words.length !== readers.length) return null;
  const values = words.map((word, place) => readers[place](word));
  return values.includes(null) ? null : values;
}

function readPlace([kind, ...words]) {
  if (kind === "walk") {
    const readers = [readWay, isOneOf(["closed", "open"]), readNumber(MOST_STOPS), ...words.slice(3).map(() => race.parseSeed)];
    const [way, closed, position, ...stops] = readAll(words, readers) ?? [];
    const isWalk = stops.length > 0 && stops.length <= MOST_STOPS && position >= 0;
    return isWalk ? { mode: "walk", way, closed: closed === "closed", position, stops } : null;
  }
  if (kind === "pad") {
    const [x, y, ...corners] = readAll(words, [race.parsePsi, race.parsePsi, ...Array(4).fill(race.parseSeed)]) ?? [];
    return x === undefined ? null : { mode: "pad", x, y, corners };
  }
  const [a, b, position, way] = readAll([kind, ...words], [race.parseSeed, race.parseSeed, race.parsePsi, readWay]) ?? [];
  return a === undefined ? null : { mode: "pair", pair: [a, b], position, way };
}

function readChange([kind, ...words]) {
  if (kind === "mix") {
    const [seed, from] = readAll(words, [race.parseSeed, readNumber(MOST_STYLES - 1)]) ?? [];
    return Number.isInteger(from) && from >= 0 ? { mix: { seed, from } } : null;
  }
  const amounts = Object.hasOwn(METHOD_NAMES, kind) ? readAll(words, Array(AMOUNTS).fill(readNumber(SIGMAS))) : null;
  return amounts && { method: kind, amounts };
}

// What the link with which the page came says, where it opens Morph. Nonsense is passed over, all of it.
function linkedState() {
  const [place, ...changes] = race.link.cameOn("morph", "morph").split("_").map((part) => part.split(","));
  const read = [readPlace(place), ...changes.map(readChange)];
  return read.includes(null) ? {} : Object.assign({}, ...read);
}

function linkWords() {
  const { mode, pair, stops, corners, position, closed, way, x, y, method, amounts, mix } = state;
  if (mode === "walk" && stops.length === 0) return null;
  const places = {
    pair: [...pair, position, way],
    walk: ["walk", way, closed ? "closed" : "open", position, ...stops],
    pad: ["pad", x, y, ...corners],
  };
  const parts = [places[mode]];
  if (amounts.some((amount) => amount !== 0)) parts.push([method, ...amounts]);
  if (mix !== null) parts.push(["mix", mix.seed, mix.from]);
  return parts.map((part) => part.join(",")).join("_");
}

// All tabs look at what this one draws.
function tellLink() {
  if (race.tab !== "morph" || state.sha256 === null) return;
  race.link.set({ morph: linkWords() });
  if (race.seed.sha256 !== null) race.setSeed({ psi: state.psi });
}

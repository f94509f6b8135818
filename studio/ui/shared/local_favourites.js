// The favourites of this browser: whole tiles {sha256, seed, psi}, each with a note, the checkpoint's name and a thumbnail.
race.favourites = (() => {
  const KEPT = "favourites";
  const MOST = 300;
  const NOTE_LENGTH = 80;
  const HASH = /^[0-9a-f]{64}$/;
  const THUMBNAIL = /^data:image\/jpeg;base64,[A-Za-z0-9+/]{1,16000}={0,2}$/;

  const OWNER = /^[0-9a-f]{16}$/;
  const MOST_FORMER = 8;
  const fits = (pattern, value) => typeof value === "string" && pattern.test(value);

  const keyOf = ({ sha256, seed, psi = 1 }) => `${sha256} ${seed} ${psi}`;
  const same = (one, other) => Boolean(one && other) && keyOf(one) === keyOf(other);
  const HIDDEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu; // also half a character, as an emoji that was cut
  const text = (value) => (typeof value === "string" ? cut(value.replace(HIDDEN, "")) : "");

  // The beginning of a text that fits, with no sign of it cut through.
  function cut(value) {
    if (value.length <= NOTE_LENGTH) return value;
    let end = 0;
    for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(value.slice(0, 2 * NOTE_LENGTH))) {
      if (index + segment.length > NOTE_LENGTH) break;
      end = index + segment.length;
    }
    return value.slice(0, end);
  }
  const isSeed = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  const isPsi = (value) => Number.isFinite(value) && value >= 0 && value <= 1;

  // The browsers through which a favourite has come as a file, as the program names them: enough to know their stars again.
  function formerOf(...lists) {
    const names = lists.flatMap((one) => (Array.isArray(one) ? one : [])).filter((one) => fits(OWNER, one));
    return [...new Set(names)].slice(-MOST_FORMER);
  }

  // A favourite as it is kept, or null for what is none: a file or an older page may hold anything.
  function checked(one) {
    const psi = one?.psi ?? 1;
    if (typeof one !== "object" || !fits(HASH, one?.sha256) || !isSeed(one.seed) || !isPsi(psi)) return null;
    const added = Number.isFinite(one.added) ? one.added : Date.now();
    const thumb = fits(THUMBNAIL, one.thumb) ? one.thumb : null;
    const former = formerOf(one.former);
    const facts = { sha256: one.sha256, seed: one.seed, psi, note: text(one.note), name: text(one.name), added, thumb };
    return former.length > 0 ? { ...facts, former } : facts;
  }

  let known = null; // key -> favourite; read again when another window of this browser has changed them
  function read() {
    const kept = race.keep.read(KEPT);
    return new Map((Array.isArray(kept) ? kept : []).map(checked).filter(Boolean).map((one) => [keyOf(one), one]));
  }
  const all = () => [...(known ??= read()).values()];
  const find = (one) => (known ??= read()).get(keyOf(one));

  // Keep exactly these, the oldest first; false where they are too many, or where the browser does not keep them.
  function replace(list, { quietly = false } = {}) {
    const unique = new Map(list.map(checked).filter(Boolean).map((one) => [keyOf(one), one]));
    if (unique.size > MOST) return false;
    known = unique;
    const kept = race.keep.write(KEPT, [...unique.values()]);
    if (!quietly) document.dispatchEvent(new CustomEvent("race:favourites"));
    return kept;
  }

  // The tile that is shown brings its own name and thumbnail.
  function withPicture(one) {
    const shown = race.shown && keyOf(race.shown) === keyOf(one) ? race.shown : {};
    return { name: shown.name, thumb: shown.thumb, ...one, added: Date.now() };
  }

  // Star or unstar a tile; tells whether it is a favourite now.
  function toggle(one) {
    const rest = all().filter((other) => keyOf(other) !== keyOf(one));
    const starred = rest.length === all().length;
    if (starred && rest.length >= MOST) {
      race.say(race.text("error_favourites_full", { limit: MOST }));
      return false;
    }
    const kept = replace(starred ? [...rest, withPicture(one)] : rest);
    if (starred && !kept) race.say(race.text("favourites_unkept"));
    document.dispatchEvent(new CustomEvent("race:star", { detail: { ...checked(one), starred } }));
    return starred;
  }

  // Change what belongs to one favourite: its note, name or thumbnail.
  function change(one, values, options) {
    replace(all().map((other) => (keyOf(other) === keyOf(one) ? { ...other, ...values } : other)), options);
  }

  window.addEventListener("storage", (event) => {
    if (event.key !== `ganrace.${KEPT}`) return;
    known = null;
    document.dispatchEvent(new CustomEvent("race:favourites"));
  });
  return { all, find, has: (one) => find(one) !== undefined, toggle, replace, change, checked, formerOf, keyOf, same, MOST, NOTE_LENGTH };
})();

// A tile to look at in passing, from a picture that is loaded: a JPEG of `side` pixels as a data address.
race.toThumbnail = (image, side = 112) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, side, side);
  return canvas.toDataURL("image/jpeg", 0.7);
};

// Every key of the page, and how it is found.

const EVERYWHERE = "";
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/**
 * Keys by the scope in which they work and by the text that says what they do. A scope is a tab, or what goes on in one;
 * "" is for keys that work on every tab. Those that nobody registers are told only: what has the focus, or a dialog,
 * takes them. A letter stands for itself, small; `Shift+z` is a key of its own.
 * @type {Record<string, Record<string, string[]>>}
 */
export const KEYS = {
  explore: {
    next: ["r", " ", "ArrowRight"],
    previous: ["ArrowLeft"],
    random: ["d"],
    star: ["f"],
    key_back: ["z"],
    key_seed_field: ["g"],
    compare_key_previous: ["c"],
    weakest_switch: ["w"],
  },
  seeds: {
    seeds_key_move: ARROWS,
    seeds_keep: ["k"],
    seeds_drop: ["x"],
    seeds_star: ["f"],
    seeds_open: ["Enter"],
    seeds_key_columns: ["1", "2", "3", "4", "5"],
    seeds_key_back: ["z"],
  },
  knockout: {
    knockout_key_pick: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"],
    knockout_key_side: ["ArrowLeft", "ArrowRight"],
    knockout_both: ["ArrowUp"],
    knockout_neither: ["ArrowDown"],
    knockout_key_ringed: ["Enter"],
    knockout_undo: ["z"],
    knockout_leave: ["Escape"],
  },
  compare: {
    next: ["r", " ", "ArrowRight"],
    previous: ["ArrowLeft"],
    random: ["d"],
    key_seed_field: ["g"],
    compare_key_mark: ARROWS,
    compare_key_hold: ["a"],
    compare_key_enlarge: ["Enter"],
    compare_blind: ["b"],
    compare_key_focus: ["1", "2", "3", "4", "5", "6"],
    compare_zoom_in: ["+"],
    compare_zoom_out: ["-"],
    compare_zoom_reset: ["0"],
  },
  morph: {
    morph_key_pad: ARROWS,
  },
  about: {
    about_search: ["/"],
  },
  enlarged: {
    key_enlarged: ARROWS,
  },
  checkpoints: {
    checkpoints_key_move: ["ArrowUp", "ArrowDown"],
  },
  [EVERYWHERE]: {
    shortcuts: ["?"],
    copy_link: ["l"],
    tab_export: ["e"],
    favourites: ["o"],
    checkpoints: ["p"],
    tab_compare: ["c"],
    qr_title: ["q"],
    key_close: ["Escape"],
  },
};

/**
 * Texts that name the scopes that are no tabs.
 * @type {Record<string, string>}
 */
const TITLES = {
  [EVERYWHERE]: "everywhere",
  knockout: "knockout_title",
  enlarged: "enlarged",
  checkpoints: "checkpoints",
};

/** @type {Record<string, string>} */
const SIGNS = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** @typedef {{ key: string, shiftKey: boolean, code?: string }} Pressed a keyboard's event, or as much of one */
/** @typedef {{ scope: string, code: string, key: string }} Meaning the text that says what a key does, and the key */

const UNREADABLE = ["Dead", "Process", "Unidentified"]; // what browsers call a key whose letter is still to come

/**
 * The letter or digit of a key by its place on the keyboard, as it is written on an American one; null where the key
 * itself says one, has a name, or has another place.
 * @param {Pressed} pressed
 */
function keyOfPlace({ key, shiftKey, code = "" }) {
  const isWord = key.length > 1 && !UNREADABLE.includes(key) && /^[\x20-\x7e]+$/.test(key);
  if (isWord || /^[a-z0-9 ]$/.test(plain(key))) return null;
  const [, letter, digit] = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(code) ?? [];
  if (digit !== undefined) return shiftKey ? null : digit; // with Shift, these keys write signs on most keyboards
  return letter?.toLowerCase() ?? null;
}

/** @param {string} key */
const plain = (key) => (key.length === 1 ? key.normalize("NFKC").toLowerCase() : key);

/**
 * Which text says what a key does, in these scopes and then everywhere: all that fit, the first one to be preferred. Where
 * what the key writes means nothing and is no Latin letter or digit, its place on the keyboard counts.
 * @param {string} scope
 * @param {Pressed} pressed
 * @returns {Meaning[]}
 */
export function meaningsOf(scope, pressed) {
  const written = meaningsOfKey(scope, plain(pressed.key), pressed.shiftKey);
  const place = keyOfPlace(pressed);
  return written.length > 0 || place === null ? written : meaningsOfKey(scope, place, pressed.shiftKey);
}

/**
 * Which of the keys of a dialog is pressed: what it writes counts, then, as above, its place on the keyboard.
 * @param {string[]} known
 * @param {Pressed} pressed
 */
export function keyAmong(known, pressed) {
  const place = keyOfPlace(pressed);
  return [plain(pressed.key), ...(place === null ? [] : [place])].find((key) => known.includes(key));
}

/**
 * @param {string} scope
 * @param {string} key
 * @param {boolean} isShifted
 * @returns {Meaning[]}
 */
function meaningsOfKey(scope, key, isShifted) {
  const wanted = isShifted ? [`Shift+${key}`, key] : [key];
  return [scope, EVERYWHERE].flatMap((place) =>
    wanted.flatMap((one) => {
      const code = Object.entries(KEYS[place] ?? {}).find(([, keys]) => keys.includes(one))?.[0];
      return code === undefined ? [] : [{ scope: place, code, key }];
    }),
  );
}

/**
 * How a key is written in the help.
 * @param {string} key
 * @param {string} space the word for the space bar
 */
export const signOf = (key, space) => SIGNS[key] ?? (key === " " ? space : key.length === 1 ? key.toUpperCase() : key);

/**
 * All keys, those of the open tab first.
 * @param {string} tab
 * @returns {{ title: string, keys: { code: string, keys: string[] }[] }[]} codes are texts, as `title` is one
 */
export function listKeys(tab) {
  const scopes = [tab, ...Object.keys(KEYS).filter((scope) => scope !== tab)].filter((scope) => scope in KEYS);
  return scopes.map((scope) => ({
    title: TITLES[scope] ?? `tab_${scope}`,
    keys: Object.entries(KEYS[scope]).map(([code, keys]) => ({ code, keys })),
  }));
}

// The keyboard: one list of keys for each tab, and the rule when they work. Also what is said to a screen reader.
race.keys = (() => {
  const EVERYWHERE = "";
  const OWN_KEYS = "input, textarea, select, button, a, summary, [role=button], [role=tab], [contenteditable]";
  const TITLES = { [EVERYWHERE]: "everywhere", knockout: "knockout_title", enlarged: "enlarged", checkpoints: "checkpoints" }; // of scopes that are no tabs
  const NAMES = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  // All keys: scope -> code of the text that says what they do -> keys. A scope is a tab, or what goes on in one; "" is
  // for keys that work on every tab. Those that nobody registers are told only: what has the focus, or a dialog, takes them.
  // A letter stands for itself, small; `Shift+z` is a key of its own.
  const KEYS = {
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
  const actions = new Map(); // `scope code` -> {press, release}
  const inside = new Map(); // tab -> what goes on in it and has keys of its own meanwhile
  let held = null;

  const nameOf = (key) => NAMES[key] ?? (key === " " ? race.text("space_key") : key.length === 1 ? key.toUpperCase() : key);

  // Say what the keys of a scope do: {code: press, or [press, release]}. A script that runs only once its tab is shown
  // names no keys: the help shows them before.
  function register(scope, codes) {
    for (const [code, action] of Object.entries(codes)) {
      if (!Object.hasOwn(KEYS[scope] ?? {}, code)) throw new Error(`keys.js names no key of "${scope}" for "${code}".`);
      const [press, release] = [action].flat();
      actions.set(`${scope} ${code}`, { press, release });
    }
  }

  // From now on a tab has the keys of what goes on in it, or, with null, its own again.
  const enter = (tab, scope) => inside.set(tab, scope);

  function actionOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const wanted = event.shiftKey ? [`Shift+${key}`, key] : [key];
    for (const scope of [inside.get(race.tab) ?? race.tab, EVERYWHERE]) {
      for (const one of wanted) {
        const code = Object.entries(KEYS[scope] ?? {}).find(([, keys]) => keys.includes(one))?.[0];
        if (actions.has(`${scope} ${code}`)) return actions.get(`${scope} ${code}`);
      }
    }
    return undefined;
  }

  // Keys work on the page, not while somebody types, presses a button, reads a dialog or looks at another tab.
  // What carries `data-keys` (a picture that can be pressed) keeps only Space and Enter for itself.
  function mayAct(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
    if (document.querySelector("dialog[open]")) return false;
    const owner = event.target.closest?.(OWN_KEYS);
    if (!owner?.checkVisibility()) return true; // or the button of a dialog that has just closed
    return owner.hasAttribute("data-keys") && event.key !== " " && event.key !== "Enter";
  }

  document.addEventListener("keydown", (event) => {
    const action = mayAct(event) ? actionOf(event) : undefined;
    if (action === undefined) return;
    event.preventDefault();
    if (action.release && event.repeat) return;
    if (action.release) held = { key: event.key, release: action.release };
    action.press(event);
  });
  const letGo = (event) => {
    if (held === null || (event.type === "keyup" && event.key.toLowerCase() !== held.key.toLowerCase())) return;
    const { release } = held;
    held = null;
    release(event);
  };
  document.addEventListener("keyup", letGo);
  window.addEventListener("blur", letGo);

  // What is used with the mouse keeps the focus, and the keys with it: give them back to the page. Text fields keep
  // theirs, and so does everything that is used with a key or a finger.
  const CLICKED = ".race button:not([data-keys]), .race summary, #race-tabs [role=tab]";
  const CHANGED = ".race :is(select, [type=checkbox], [type=radio], [type=range], [type=file])";
  let byMouse = false; // what was used last
  const giveBack = (node) => node && !node.closest("dialog") && node.blur();
  document.addEventListener("pointerdown", (event) => (byMouse = event.pointerType === "mouse"), { capture: true });
  document.addEventListener("keydown", () => (byMouse = false), { capture: true });
  // before a dialog opens and notes where the focus was
  document.addEventListener("click", (event) => event.pointerType === "mouse" && giveBack(event.target.closest?.(CLICKED)), { capture: true });
  document.addEventListener("change", ({ target }) => byMouse && target.matches(CHANGED) && giveBack(target));

  // All keys, the open tab's first: [{title: code of its text, keys: [{code, names}]}].
  function list() {
    const rest = Object.keys(KEYS).filter((scope) => scope !== race.tab);
    return [race.tab, ...rest].filter((scope) => scope in KEYS).map((scope) => ({
      title: TITLES[scope] ?? `tab_${scope}`,
      keys: Object.entries(KEYS[scope]).map(([code, keys]) => ({ code, names: keys.map(nameOf) })),
    }));
  }

  return { register, enter, list };
})();

// Say what everybody should read, whatever tab is open: the header shows it for a while.
race.say = (words) => document.dispatchEvent(new CustomEvent("race:say", { detail: words }));

race.live = (() => {
  const region = document.createElement("div");
  region.className = "race";
  const spoken = Object.assign(document.createElement("p"), { className: "spoken" });
  spoken.setAttribute("role", "status");
  region.append(spoken);
  document.body.append(region);
  return (text) => (spoken.textContent = text);
})();

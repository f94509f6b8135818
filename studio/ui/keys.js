// The keyboard: one list of keys for each tab, and the rule when they work. Also what is said to a screen reader.
race.keys = (() => {
  const EVERYWHERE = "";
  const OWN_KEYS = "input, textarea, select, button, a, summary, [role=button], [role=tab], [contenteditable]";
  const NAMES = { ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  const tabs = new Map(); // tab -> Map(key -> {code, press, release})
  let held = null;

  const nameOf = (key) => NAMES[key] ?? (key === " " ? race.text("space_key") : key.length === 1 ? key.toUpperCase() : key);

  // Name the keys of a tab: {key: [code of the text that says what it does, action, action on release]}. A letter stands
  // for itself, small; `Shift+z` is a key of its own. Tab "" is for keys that work on every tab.
  function register(tab, keys) {
    const known = tabs.get(tab) ?? new Map();
    for (const [key, [code, press, release]] of Object.entries(keys)) known.set(key, { code, press, release });
    tabs.set(tab, known);
  }

  function actionOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const wanted = event.shiftKey ? [`Shift+${key}`, key] : [key];
    for (const tab of [race.tab, EVERYWHERE]) {
      for (const one of wanted) if (tabs.get(tab)?.has(one)) return tabs.get(tab).get(one);
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

  // A click with the mouse leaves the focus on what was clicked, and the keys with it; give them back to the page.
  const giveBack = (event) => {
    const clicked = event.target.closest?.(".race button:not([data-keys]), #race-tabs [role=tab]");
    if (event.pointerType === "mouse" && clicked && !clicked.closest("dialog")) clicked.blur();
  };
  document.addEventListener("click", giveBack, { capture: true }); // before a dialog opens and notes where the focus was

  // All keys, the open tab's first: [{tab, keys: [{code, names}]}]; keys that do the same stand together.
  function list() {
    const order = [race.tab, ...[...tabs.keys()].filter((tab) => tab !== race.tab)];
    return order.filter((tab) => tabs.has(tab)).map((tab) => {
      const together = new Map();
      for (const [key, { code }] of tabs.get(tab)) together.set(code, [...(together.get(code) ?? []), nameOf(key)]);
      return { tab, keys: [...together].map(([code, names]) => ({ code, names })) };
    });
  }

  return { register, list };
})();

race.live = (() => {
  const region = document.createElement("div");
  region.className = "race";
  const spoken = Object.assign(document.createElement("p"), { className: "spoken" });
  spoken.setAttribute("role", "status");
  region.append(spoken);
  document.body.append(region);
  return (text) => (spoken.textContent = text);
})();

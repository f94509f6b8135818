// What every tab shares: texts, language, the picture that is shown, and calls to the program; and, from the files that
// are put in below, the link, the seed, the favourites and the keyboard.
window.ganRace ??= (() => {
  const TEXTS = __TEXTS__;
  const LANGUAGE = "language";
  const AGAIN_MILLISECONDS = { first: 500, longest: 8000 };

  // What the browser keeps for this page. What it does not keep (in a frame of another site, or where its storage is
  // full) is in memory, as long as the page is open; that is said once.
  const UNKEPT_MILLISECONDS = 1000; // after which the page is there to say it
  const memory = new Map();
  const keep = {
    read(name) {
      try {
        return JSON.parse(memory.get(name) ?? localStorage.getItem(`ganrace.${name}`));
      } catch {
        return null;
      }
    },
    write(name, value) {
      const written = JSON.stringify(value);
      try {
        localStorage.setItem(`ganrace.${name}`, written);
        memory.delete(name);
        return true;
      } catch {
        if (memory.size === 0) setTimeout(() => race.say(race.text("browser_unkept")), UNKEPT_MILLISECONDS);
        memory.set(name, written);
        return false;
      }
    },
  };

  const firstLanguage = () => {
    const wanted = [new URLSearchParams(location.search).get("lang"), keep.read(LANGUAGE)];
    return wanted.find((one) => typeof one === "string" && Object.hasOwn(TEXTS, one)) ?? (navigator.language.startsWith("ja") ? "ja" : "en");
  };

  // A tile has a million letters: a function called for each of them takes longer than decoding the picture.
  const toBytes = (base64) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const letters = atob(base64);
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
    return bytes;
  };

  // Values with what the program says in its own terms put into the reader's: a reason, and the checkpoint of a hash.
  const inWords = (values) => {
    const { reason, problem, checkpoint_sha256: sha256 } = values;
    const one = sha256 && race.list ? race.find(race.list, sha256) : undefined;
    return {
      ...values,
      ...(reason?.code && { reason: race.text(reason.code, reason.values) }),
      ...(problem && { field: race.claimText(problem) }),
      ...(sha256 && { checkpoint: one ? race.label(one) : sha256.slice(0, 8) }),
    };
  };

  // The option for a checkpoint that is in no list: one that is drawn (an older step of a run) has a name all the same.
  const unlisted = (sha256) => {
    const [hash, drawn] = [sha256.slice(0, 8), race.shown?.sha256 === sha256 && !race.gone.has(sha256)];
    const option = new Option(drawn ? `${race.shown.name} · ${hash}` : race.text("compare_absent", { hash }), sha256, true, true);
    option.disabled = true;
    return option;
  };

  // The function of the program that lists the checkpoints: the one panel that has it gives it, once it is there.
  let giveListing;
  const askingList = new Promise((resolve) => (giveListing = resolve));

  const race = {
    language: firstLanguage(),
    shown: null, // {sha256, seed, psi, name, picture} of the tile on the screen
    keep,
    visitor: [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""), // this page
    list: null, // the checkpoints as the program lists them; `race:list` tells of a change
    own: new Set(), // hashes of those that this browser has added
    withSteps: false, // whether somebody looks at what runs have kept of their ways, too

    setList(list) {
      const before = race.list;
      race.list = list;
      race.settle(before, list);
      document.dispatchEvent(new CustomEvent("race:list"));
    },

    takeList({ list, own }) {
      race.own = new Set(own);
      race.setList(list);
    },

    giveListing,

    // Ask for the list anew; it comes to all as `race:list`, and the answer to whoever asked.
    async refreshList() {
      const listNow = await askingList;
      const answer = await race.ask(listNow, { secret: race.secret(), steps: race.withSteps });
      if (!answer.error) race.takeList(answer);
      return answer;
    },

    alarms: (checkpoint) => (checkpoint?.alarms ?? []).map((code) => (race.has(`alarm_${code}`) ? race.text(`alarm_${code}`) : code)),
    has: (key) => key in TEXTS[race.language],

    // A text with its values; `{count:tile|tiles}` is the first word where the count is 1, and the second otherwise.
    text(key, given = {}) {
      const text = TEXTS[race.language][key] ?? key;
      const values = inWords(given);
      return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
        if (!(name in values)) return whole;
        return one === undefined ? String(values[name]) : String(values[name]) === "1" ? one : many;
      });
    },

    // Fill every element that names a text: data-text for its content, data-label for its accessible name.
    translate(root) {
      for (const node of root.querySelectorAll("[data-text]")) node.textContent = race.text(node.dataset.text);
      for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", race.text(node.dataset.label));
    },

    setLanguage(language) {
      race.language = language;
      keep.write(LANGUAGE, language);
      race.link.set({ lang: language });
      document.documentElement.lang = language;
      document.dispatchEvent(new CustomEvent("ganrace:language"));
    },

    setShown(shown) {
      race.shown = shown;
      document.dispatchEvent(new CustomEvent("ganrace:shown"));
    },

    // Ask the program; a lost connection is an answer with an error like any other.
    async ask(call, request) {
      try {
        const answer = await call(request);
        if (answer && typeof answer === "object" && !("detail" in answer)) {
          if (answer.error?.code === "error_unknown_checkpoint") race.mistrust(answer.error.values.hash);
          return answer;
        }
      } catch {
        document.dispatchEvent(new CustomEvent("race:failed"));
      }
      return { error: { code: "error_connection", values: {} } };
    },

    // After a lost connection try again once the program answers, the later the more often that was in vain.
    onAnswering(hasFailed, again) {
      const { first, longest } = AGAIN_MILLISECONDS;
      let [tries, timer] = [0, null];
      document.addEventListener("race:alive", ({ detail: isAlive }) => {
        if (!hasFailed()) tries = 0;
        else if (isAlive && timer === null) timer = setTimeout(tryAgain, Math.min(first * 2 ** tries++, longest));
      });
      function tryAgain() {
        timer = null;
        if (hasFailed()) again();
      }
    },

    errorText: (error) => race.text(error.code, error.values),

    // A picture's address that holds the picture: some 15 ms sooner on the screen than one of a blob.
    jpegUrl: (base64) => `data:image/jpeg;base64,${base64}`,

    // An element with its properties, and what is in it: elements or text.
    make(tag, properties = {}, ...children) {
      const node = Object.assign(document.createElement(tag), properties);
      node.append(...children);
      return node;
    },

    toBlob(base64, type) {
      return new Blob([toBytes(base64)], { type });
    },

    save(blob, name) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = name;
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    },

    // A seed as people type it: digits only, full-width ones of a Japanese keyboard too; anything else is null.
    parseSeed(text) {
      const digits = text.normalize("NFKC").trim();
      return /^\d{1,10}$/.test(digits) && Number(digits) < 2 ** 32 ? Number(digits) : null;
    },

    // The checkpoints of a list in their kinds of weights: each as it is listed, and after it, where it has them, its
    // weights as last trained, which have a hash of their own and a name that says so; `averaged` is then the first's hash.
    kinds: (list) =>
      list.checkpoints.flatMap((one) => (one.raw ? [one, { ...one, sha256: one.raw, averaged: one.sha256, name: one.raw_name, weights: "raw" }] : [one])),

    // What a hash names in a list, whole or its beginning, or undefined.
    find: (list, hash) => race.kinds(list).find((one) => one.sha256.startsWith(hash)),

    // Which kind of weights drew a tile, as its caption says it; nothing where the checkpoint does not say.
    weightsText: ({ weights }) => (weights ? race.text(`weights_${weights}`) : null),

    // What the caption of a tile says until the exact one takes the place of its preview.
    isPreview: ({ precision }) => precision !== undefined && precision !== "float32",
    previewText: (tile) => (race.isPreview(tile) ? race.text("preview") : null),

    // A recipe or a network, {text, code, values}, in the reader's language; one without a code is called as its file does.
    named: (one) => (one && one.code !== null ? race.text(one.code, one.values) : one?.text),

    // A device as a passport names it: a graphics card, or a count of CPU threads.
    deviceText(words) {
      const [, count] = /^(\d+) CPU threads?$/.exec(words) ?? [];
      return count ? race.text("device_cpu", { count }) : words;
    },

    label(one) {
      const images = (one.images ?? 0).toLocaleString(race.language);
      return race.text("checkpoint_label", { name: one.name, images, hash: one.sha256.slice(0, 8) });
    },

    // Weights as last trained are offered where `raw` says so; otherwise only those that are chosen are named. What is
    // chosen and not in the list comes first and is said to be so; nobody can choose it, but anything else.
    fillCheckpoints(select, list, chosen, { raw = false } = {}) {
      const offered = race.kinds(list).filter((one) => raw || one.averaged === undefined || one.sha256 === chosen);
      select.replaceChildren(
        ...offered.map((one) => {
          const option = new Option(race.label(one), one.sha256);
          option.selected = one.sha256 === chosen;
          return option;
        }),
      );
      if (chosen && !offered.some((one) => one.sha256 === chosen)) select.prepend(unlisted(chosen));
    },

    // Close a dialog by its button and by a click beside it; the browser keeps the focus in it and gives it back.
    dialog(dialog) {
      dialog.querySelector(".close").addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    },

    onLanguage(element, update) {
      const run = () => {
        race.translate(element);
        update();
      };
      document.addEventListener("ganrace:language", run);
      run();
    },
  };

  __MORE__

  document.documentElement.lang = race.language;
  return race;
})();

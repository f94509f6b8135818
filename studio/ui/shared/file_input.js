// Files that somebody chooses or drops: they go to the program in a request, so they are read here.
race.files = (() => {
  const MOST_MEGABYTES = 16;

  // {base64} of a file, or {error} as the program would give it.
  async function read(file) {
    if (file.size > MOST_MEGABYTES * 1e6) {
      return { error: { code: "error_too_large", values: { megabytes: (file.size / 1e6).toFixed(1), limit: MOST_MEGABYTES } } };
    }
    const reader = new FileReader();
    const finished = new Promise((resolve) => (reader.onloadend = resolve));
    reader.readAsDataURL(file);
    await finished;
    if (reader.error) return { error: { code: "error_unreadable", values: { name: file.name } } }; // a folder, or gone
    return { base64: reader.result.split(",")[1] ?? "" };
  }

  // Take files from an <input>, also the same one again.
  function chosen(input, take) {
    input.addEventListener("change", () => {
      const file = input.files[0];
      input.value = "";
      if (file) take(file);
    });
  }

  // Take files that are dropped on a node while they `may` be; `over` is told when one hangs over it and when no longer.
  function dropped(node, take, over, may = () => true) {
    const isFile = (event) => event.dataTransfer?.types.includes("Files") && may();
    for (const name of ["dragenter", "dragover"]) {
      node.addEventListener(name, (event) => {
        if (!isFile(event)) return;
        event.preventDefault();
        over(true);
      });
    }
    node.addEventListener("dragleave", (event) => !(event.relatedTarget && node.contains(event.relatedTarget)) && over(false));
    node.addEventListener("drop", (event) => {
      over(false);
      if (!isFile(event)) return;
      event.preventDefault();
      if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
    });
  }

  // A file that is dropped where nothing takes it would be opened by the browser, in the place of the page.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files") || event.target.closest?.("input[type=file]")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }

  return { read, chosen, dropped };
})();

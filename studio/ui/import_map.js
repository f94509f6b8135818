// Stands in the page before any other script: it tells the browser where the modules are. Those that the first tile needs
// come with the page, as some forty requests more would bring it later; the others have addresses.
(() => {
  const { inlined, addresses } = JSON.parse(document.getElementById("race-modules").textContent);
  const imports = { ...addresses };
  for (const [name, source] of Object.entries(inlined)) {
    const parts = [source, `\n//# sourceURL=${name}`];
    imports[name] = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  }
  const map = Object.assign(document.createElement("script"), {
    type: "importmap",
    textContent: JSON.stringify({ imports }),
    nonce: document.currentScript.nonce, // without which the page's policy lets no script run that stands in it
  });
  document.currentScript.after(map);
})();

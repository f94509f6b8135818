// Whether a tile may be handed in, in words: what is shown whole is one seed, untouched, so that only an untrained stand-in
// may not. What the file declares of it is said, too.
race.legality = ({ sha256, psi, weights }) => {
  const { untrained, checkpoints } = race.list ?? { untrained: null };
  if (untrained !== null && checkpoints.some((one) => one.sha256 === sha256)) return { legal: false, words: race.text("legal_untrained") };
  const declared = [psi === 1 ? null : race.text("legal_psi", { psi }), weights === "raw" ? race.text("weights_raw") : null].filter(Boolean);
  const words = declared.length === 0 ? race.text("legal") : race.text("legal_declared", { declared: declared.join(race.text("legal_and")) });
  return { legal: true, words };
};

// A badge that says so of the tile on the screen.
race.legalBadge = (node) => {
  const show = () => {
    node.hidden = race.shown === null;
    if (race.shown === null) return;
    const { legal, words } = race.legality(race.shown);
    node.textContent = words;
    node.classList.toggle("illegal", !legal);
  };
  for (const name of ["ganrace:shown", "race:list", "ganrace:language"]) document.addEventListener(name, show);
  show();
};

// What a field of a file's manifest is called.
race.claimText = (field) => (race.has(`claim_${field}`) ? race.text(`claim_${field}`) : field);

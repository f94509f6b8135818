// The secret by which the program knows this browser again: which favourites are its, and which checkpoints it has added.
race.secret = () => {
  const kept = race.keep.read("secret");
  if (typeof kept === "string" && /^[0-9a-f-]{16,64}$/.test(kept)) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  race.keep.write("secret", made);
  return made;
};

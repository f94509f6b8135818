// The secret by which the program knows this browser again: which favourites are its, and which checkpoints it has added.

import * as storage from "./storage.js";

const KEPT = "secret";

/** @returns {string} 16 random bytes in hexadecimal, the same for as long as the browser keeps them */
export function visitorSecret() {
  const kept = storage.read(KEPT);
  if (typeof kept === "string" && /^[0-9a-f-]{16,64}$/.test(kept)) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  storage.write(KEPT, made);
  return made;
}

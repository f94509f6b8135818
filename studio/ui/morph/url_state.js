// What the link says of Morph, and what Morph says in it.

import { page, setSeed } from "../shared/page_state.js";
import * as urlState from "../shared/url_state.js";
import { state } from "./context.js";
import { readLink, writeLink } from "./url_words.js";

// What the link with which the page came says, where it opens Morph.
export const linkedState = () => readLink(urlState.cameOn("morph", "morph"));

// All tabs look at what this one draws.
export function tellLink() {
  if (page.tab !== "morph" || state.sha256 === null) return;
  urlState.set({ morph: writeLink(state) });
  if (page.seed.sha256 !== null) setSeed({ psi: state.psi });
}

// What all tabs know of the page: its language, its tab, the tile on the screen, and the seed that all of them look at.

import * as urlState from "./url_state.js";

/** @import { FileSource } from "./file_input.js" */
/** @import { CheckpointList, SeedState, ShownTile } from "./types.d.ts" */

/**
 * `list` are the checkpoints as the program lists them (`race:list` tells of a change), `own` are hashes of
 * those that this browser has added, and `withSteps` tells whether somebody looks at what runs have kept of their ways,
 * too; `seed` is what all tabs look at
 * (`race:seed`): Explore draws it, and finds the checkpoint of a link, and until then no tab looks at another seed than
 * the link's; `mayAdd` tells whether visitors may add checkpoints; `compared` are hashes that Compare is to open with,
 * `toVerify` are files that Verify is to check, and `isHandingIn` tells Export that somebody wants to hand in.
 */
export const page = {
  language: "en",
  tab: "explore",
  shown: /** @type {ShownTile | null} */ (null),
  list: /** @type {CheckpointList | null} */ (null),
  own: /** @type {Set<string>} */ (new Set()),
  withSteps: false,
  mayAdd: false,
  seed: /** @type {SeedState} */ (Object.freeze({ sha256: null, ...urlState.cameWith() })),
  compared: /** @type {string[] | null} */ (null),
  toVerify: /** @type {FileSource[] | null} */ (null),
  isHandingIn: false,
};

/** @param {ShownTile} shown */
export function setShown(shown) {
  page.shown = shown;
  document.dispatchEvent(new CustomEvent("ganrace:shown"));
}

/** @param {Partial<SeedState>} change */
export function setSeed(change) {
  const next = { ...page.seed, ...change };
  if (next.sha256 === page.seed.sha256 && next.seed === page.seed.seed && next.psi === page.seed.psi) return;
  page.seed = Object.freeze({ sha256: next.sha256, seed: next.seed, psi: next.psi });
  urlState.dropWrong();
  document.dispatchEvent(new CustomEvent("race:seed"));
}

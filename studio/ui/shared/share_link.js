// The link to give away: what somebody else should see who follows it, at an address at which they reach the page.

import { callServer } from "./api.js";
import { findCheckpoint } from "./checkpoints.js";
import { page } from "./page_state.js";
import { linkFrom, linkToTile } from "./link_rules.js";
import * as urlState from "./url_state.js";

/** @import { LinkReply } from "../protocol.d.ts" */
/** @import { ServerFunction, TileKey } from "./types.d.ts" */

/** @typedef {{ call: ServerFunction, isOneMachine: (host: string) => boolean }} Reach */
/** @typedef {Pick<LinkReply, "link" | "reach">} ReachableLink */

/** @type {(reach: Reach) => void} */
let give;
/** @type {Promise<Reach>} */
const given = new Promise((resolve) => (give = resolve));

/**
 * Take what tells which address is public, from the panel that has it.
 * @param {Reach} reach
 */
export const giveReach = (reach) => give(reach);

/**
 * Tells whether an address is of one machine, or of the one browser that is logged in there.
 * @returns {Promise<(address: string) => boolean>}
 */
export async function oneMachineRule() {
  const { isOneMachine } = await given;
  return (address) => {
    try {
      return isOneMachine(new URL(address).hostname);
    } catch {
      return false; // it is no address
    }
  };
}

/** The link to what is on the screen, at the address of this page; it says the name of its checkpoint, too. */
export function sharedLink() {
  const sha256 = urlState.get("ck");
  const name = sha256 && page.list ? findCheckpoint(page.list, sha256)?.name : undefined;
  return linkFrom(urlState.whole(), name ?? urlState.get("name"));
}

/**
 * The link to a tile, which need not be the one on the screen.
 * @param {TileKey & { name: string }} tile
 */
export const tileLink = (tile) => linkToTile(urlState.whole(), tile);

/**
 * A link, where none is given that one, at the public address of the program where only this machine reaches the page, and whether others can follow
 * it. Where they can anyway, nothing is asked, so that the browser still sees the click behind what follows.
 * @returns {Promise<ReachableLink>}
 */
export async function reachableLink(link = sharedLink()) {
  const { call, isOneMachine } = await given;
  if (!isOneMachine(location.hostname)) return { link, reach: "qr_open" };
  const answer = await callServer(call, { link });
  return answer.error ? { link, reach: "qr_one_machine" } : { link: answer.link, reach: answer.reach };
}

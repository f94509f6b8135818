// What of an address goes into the link that is given away.

/** @import { TileKey } from "./types.d.ts" */

/** What only some tabs say in the address. Export shows Explore's tile, and whoever follows a link to it sees that. */
const TABS_OF = new Map([
  ["cell", ["explore", "compare"]],
  ["cmp", ["compare"]],
  ["cmpmode", ["compare"]],
  ["cmpseeds", ["compare"]],
  ["start", ["seeds"]],
  ["count", ["seeds"]],
  ["morph", ["morph"]],
]);

const NAME_LETTERS = 40; // of a checkpoint: as many as are shown of one that is not here, and the program's limit is near

/**
 * The address of what somebody else should see: without what other tabs say, and in the reader's own language.
 * @param {string} address
 * @param {string | null} [name] of the checkpoint
 */
export function linkFrom(address, name = null) {
  const link = new URL(address);
  link.hash = "";
  if (link.searchParams.get("tab") === "export") link.searchParams.delete("tab");
  const tab = link.searchParams.get("tab") ?? "explore";
  for (const [one, tabs] of TABS_OF) if (!tabs.includes(tab)) link.searchParams.delete(one);
  link.searchParams.delete("lang");
  if (name !== null && link.searchParams.has("ck")) {
    link.searchParams.set("name", [...name].slice(0, NAME_LETTERS).join(""));
  }
  return link.href;
}

/**
 * The link to a tile, whatever else the address says.
 * @param {string} address
 * @param {TileKey & { name: string }} tile
 */
export function linkToTile(address, { sha256, seed, psi, name }) {
  const link = new URL(address);
  const said = { ck: sha256.slice(0, 8), seed: String(seed), ...(psi !== 1 && { psi: String(psi) }) };
  link.search = String(new URLSearchParams(said));
  return linkFrom(link.href, name);
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\]|::1?)$/;

/**
 * Whether only one machine, or one person, reaches a host.
 * @param {string} host as a URL has it
 * @param {string[]} names of such hosts: the first one as it is, the others as ends
 */
export function isOfOneMachine(host, [name, ...ends]) {
  const plain = host.toLowerCase().replace(/\.$/, "");
  return LOOPBACK.test(plain) || plain === name || ends.some((end) => plain.endsWith(end));
}

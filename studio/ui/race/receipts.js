// The receipts of this browser's ballots, and whether a ballot is in.

import { make, showNotice } from "../shared/dom.js";
import * as storage from "../shared/storage.js";
import { textOf } from "../shared/texts.js";
import { $, ask, currentStatus, statusLine } from "./context.js";

/** @import { KeptReceipt } from "./types.d.ts" */

const KEPT = "raceReceipts";
const MOST = 20;
const line = statusLine($(".receipt-status"));

/** @returns {KeptReceipt[]} */
function all() {
  const kept = storage.read(KEPT);
  if (!Array.isArray(kept)) return [];
  return kept.filter((one) => typeof one?.receipt === "string" && typeof one.commitment === "string");
}

/** @param {KeptReceipt} one */
export function keepReceipt(one) {
  storage.write(KEPT, [...all(), one].slice(-MOST));
  showReceipt();
}

/** The receipt of this browser's last ballot in the round that is on, or null. */
export function currentReceipt() {
  const status = currentStatus();
  const found = all().filter((one) => one.commitment === status?.commitment && one.round === status.round);
  return found.at(-1)?.receipt ?? null;
}

/** @param {string} receipt */
const grouped = (receipt) => receipt.replace(/(.{4})(?=.)/g, "$1-");

export function showReceipt() {
  const receipt = currentReceipt();
  $(".receipt-card").hidden = receipt === null;
  $(".receipt").replaceChildren(...(receipt === null ? [] : [make("code", {}, grouped(receipt))]));
  if (receipt !== null && $(".receipt-typed").value === "") $(".receipt-typed").value = grouped(receipt);
}

$(".copy-receipt").addEventListener("click", async () => {
  const receipt = grouped(currentReceipt() ?? "");
  try {
    await navigator.clipboard.writeText(receipt);
    showNotice(textOf("copied"));
  } catch {
    showNotice(receipt);
  }
});
$(".forget-receipt").addEventListener("click", () => {
  const receipt = currentReceipt();
  const kept = all().filter((one) => one.receipt !== receipt);
  storage.write(KEPT, kept);
  $(".receipt-typed").value = "";
  showReceipt();
});
$(".receipt-form").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const receipt = $(".receipt-typed").value.trim();
  if (receipt === "") return;
  const answer = await ask("ballot_is_in", { receipt });
  if ("error" in answer) return line.fail(answer.error);
  const { is_in: isIn, ranks } = answer;
  if (!isIn) return line.show({ key: "race_receipt_absent", values: { receipt }, failed: true });
  if (ranks === null) return line.show({ key: "race_receipt_in", values: { receipt } });
  line.show({ key: "race_receipt_ranks", values: { receipt, ranks: ranks.join(", ") } });
});

export const showReceiptWords = line.again;

// The table of many verdicts as files: the same columns and fields as `python -m studio verify --csv` and `--json` write.

/** @import { CheckReply, CompareReply, VerdictReply } from "../protocol.d.ts" */

/**
 * A checked file as it is written: its `sentence`, `duplicates` and `warnings` are in the reader's language.
 * @typedef {object} WrittenRow
 * @property {string} file
 * @property {VerdictReply} verdict
 * @property {Omit<CheckReply, "verdict" | "thumbnail" | "signature">} declared
 * @property {string} sentence
 * @property {{ file: string, kind: string }[]} duplicates
 * @property {string} duplicateWords
 * @property {CompareReply | null} comparison
 * @property {string[]} warnings
 */

const COLUMNS = [
  ...["file", "outcome", "reason", "checkpoint", "checkpoint_name", "seed", "psi", "seeds_looked_at"],
  ...["training_hours", "pretrained", "duplicates", "origin", "other_seeds", "other_seeds_score"],
  ...["repeated_pictures", "training_copies", "warnings"],
];
const FORMULA = /^([\t\r]|[\s\p{Cc}]*[=+\-@])/u; // how a text begins that a spreadsheet would compute
const TO_QUOTE = /[",\n\r]/;
const MARK = "\ufeff"; // without it Excel takes the file for Latin-1

/**
 * The rule of `studio/race/spreadsheet.py`: blanks before a sign and its fullwidth form change nothing.
 * @param {string | number | null | undefined} value
 */
function cellOf(value) {
  const isFormula = typeof value === "string" && (FORMULA.test(value) || FORMULA.test(value.normalize("NFKC")));
  const text = isFormula ? `'${value}` : String(value ?? "");
  return TO_QUOTE.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {WrittenRow} row */
function valuesOf({ file, verdict, declared, sentence, duplicateWords, comparison, warnings }) {
  const { outcome, checkpoint, seed, psi, origin } = verdict;
  return [
    ...[file, outcome, sentence, checkpoint, declared.checkpoint_name, seed, psi, declared.seeds_looked_at],
    ...[declared.training_hours, declared.pretrained?.text, duplicateWords, origin],
    ...[comparison?.tiles.map((one) => one.seed).join(", "), comparison?.score.toFixed(2), comparison?.repeated],
    ...[comparison?.copies?.length, warnings.join(" ")],
  ];
}

/** @param {WrittenRow[]} rows */
export const toCsv = (rows) =>
  MARK + [COLUMNS, ...rows.map(valuesOf)].map((values) => `${values.map(cellOf).join(",")}\n`).join("");

/** @param {WrittenRow[]} rows */
export function toJson(rows) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { verdict } of rows) counts[verdict.outcome] = (counts[verdict.outcome] ?? 0) + 1;
  return JSON.stringify({ files: rows.map(objectOf), counts }, null, 2);
}

/** @param {WrittenRow} row */
function objectOf({ file, verdict, declared, sentence, duplicates, comparison, warnings }) {
  const compared = comparison && {
    seeds: comparison.tiles.map((one) => one.seed),
    score: comparison.score,
    repeated: comparison.repeated,
    copies: comparison.copies,
  };
  const pretrained = declared.pretrained?.text ?? null;
  const judged = { ...verdict, sentence, comparison: compared, warnings };
  return { file, verdict: judged, ...declared, pretrained, duplicates };
}

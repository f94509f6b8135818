/** What the ranking says of a seed: the higher `total`, the better; `cells` are the numbers of its weakest pictures. */
export interface Score {
  seed: number;
  total: number;
  weakest: number;
  diversity: number;
  distance: number | null;
  cells: number[];
}

/** Who takes part in a knockout, and why. */
export interface Entry {
  seeds: number[];
  why: string;
  counts: { kept: number; starred: number; others: number };
}

/** A knockout: the seeds that stayed after each decision, and what the program makes of them. */
export interface Contest {
  entry: Entry;
  decisions: number[][];
  stage: { shown: number[]; alive: number[]; remaining: number };
}

// What goes between the modules of the tab Race.

import type { Failed, RaceServer, Superseded } from "../protocol.d.ts";

/** What a function of the program answers, but that another request took its place. */
export type Answer<K extends keyof RaceServer> =
  | Exclude<Awaited<ReturnType<RaceServer[K]>>, Failed | Superseded>
  | { error: { code: string; values: Record<string, any> } };

/** A ballot on its way: the same until there is a clear answer. */
export interface PendingBallot {
  commitment: string;
  code: string;
  round: number;
  ranks: string[];
  key: string;
}

/** A ballot that is in. */
export interface KeptReceipt {
  commitment: string;
  round: number;
  receipt: string;
}

/** A text by its key, with its values; `failed` marks one that says what went wrong. */
export interface Line {
  key: string;
  values?: Record<string, any>;
  failed?: boolean;
}

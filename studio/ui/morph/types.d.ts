/**
 * What is chosen in Morph. `pair`, `stops` and `corners` are seeds; `position` is a place on the pair or on the walk, which
 * is `closed` where it ends at its first seed; `x` and `y` are a place on the pad. `amounts` are in standard deviations.
 */
export interface Choice {
  sha256: string | null;
  mode: string;
  pair: number[];
  stops: number[];
  corners: number[];
  position: number;
  closed: boolean;
  way: string;
  x: number;
  y: number;
  psi: number;
  method: string;
  amounts: number[];
  mix: { seed: number; from: number } | null;
}

export interface PadPlace {
  kind: "pad";
  seeds: number[];
  x: number;
  y: number;
}

export interface WalkPlace {
  kind: "walk";
  seeds: number[];
  position: number;
  closed: boolean;
  way: string;
}

/** A question to the program for what is chosen. */
export interface MorphRequest {
  sha256: string;
  visitor: string;
  where: PadPlace | WalkPlace;
  psi: number;
  method: string;
  amounts: number[];
  mix_seed: number | null;
  mix_from: number;
}

/** What a film shows: the checkpoint's name, and what was asked for. */
export interface FilmSubject {
  checkpoint: string;
  asked: MorphRequest & { kind: string };
}

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

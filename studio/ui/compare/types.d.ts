/** A checkpoint that is chosen, and it or a step that its run kept, which is shown; or one that is not here. */
export type Slot = ChosenSlot | AbsentSlot;

export interface ChosenSlot {
  sha256: string;
  shown: string;
  absent?: undefined;
  gone?: undefined;
}

/** `gone` tells that it was here before. */
export interface AbsentSlot {
  absent: string;
  gone?: boolean;
  sha256?: undefined;
  shown?: undefined;
}

/** What is said of a tile: its checkpoint, how far it had been trained, its weights, and the shape of its latents. */
export interface Described {
  name: string;
  images: number | null;
  weights: string | null;
  z_dim?: number;
  classes?: number;
}

export interface ComparedTile extends Described {
  sha256: string;
  seed: number;
  psi: number;
  z_hash: string;
  precision: string;
  relieved?: boolean;
  url: string;
}

export interface TileGrid {
  seed: number;
  psi: number;
  runs: string;
  tiles: ComparedTile[];
}

export type MatrixTile = Omit<ComparedTile, "url">;

export interface MatrixRow {
  seed: number;
  psi: number;
  tiles: MatrixTile[];
  images: HTMLImageElement[];
}

export interface MatrixProgress {
  key: string;
  row: number;
  rows: number;
}

/** `left` tells that its tab was left before its end, `cut` that the connection was lost. */
export interface MatrixBegun {
  psi: number;
  left: boolean;
  cut?: boolean;
  seeds: number[];
  hashes: string[];
}

export interface Point {
  x: number;
  y: number;
}

/** A line of a chart, of one checkpoint: its points, and the same after smoothing. */
export interface ChartLine {
  index: number;
  name: string;
  points: Point[];
  smooth: Point[];
  alarms: { x: number; name: string }[];
}

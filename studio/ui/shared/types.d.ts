// What goes between the modules of the page. Answers of the program are as its functions give them.

/** What gives a tile: a checkpoint's weights, a seed from 0 to 2^32 - 1 and a truncation from 0 to 1. */
export interface TileKey {
  sha256: string;
  seed: number;
  psi: number;
}

/** A tile as a favourite, a link or a click names it. */
export interface TileRequest {
  sha256: string;
  seed: number;
  psi?: number;
}

/** What all tabs look at; `sha256` is null until Explore has read the link. */
export interface SeedState {
  readonly sha256: string | null;
  readonly seed: number;
  readonly psi: number;
}

/** The tile that is on the screen in Explore, with what is known of it. */
export interface ShownTile extends TileKey {
  name: string;
  weights: string | null;
  images: number | null;
  seconds: number;
  device: string;
  precision?: string;
  z_hash: string;
  preview: boolean;
  picture: string;
  thumb: string | null;
  classes?: number[];
  class_count?: number;
}

/** A favourite of this browser. `added` is in milliseconds, `thumb` a data address of a JPEG. */
export interface Favourite extends TileKey {
  note: string;
  name: string;
  added: number;
  thumb: string | null;
}

export interface Checkpoint {
  sha256: string;
  name: string;
  raw: string | null;
  raw_name: string | null;
  weights: string | null;
  size: number;
  recipe: Named | null;
  tricks: string[];
  images: number | null;
  seconds: number | null;
  saved?: number;
  distances?: Distance[];
  devices: string[];
  pretrained: Named | null;
  equalizer: number;
  classes: number;
  alarms: string[];
  added?: boolean | string | null;
  averaged?: string;
  z_dim?: number;
  steps?: TrainingStep[];
}

/** How far drawn pictures are from real ones (KID), as one feature network sees it. */
export interface Distance {
  kid: number;
  network: Named | null;
  few: boolean;
}

export interface TrainingStep {
  sha256: string;
  images: number;
}

export interface CheckpointProblem {
  name: string;
  reason: ProgramError;
  added: string | null;
}

export interface CheckpointList {
  checkpoints: Checkpoint[];
  problems: CheckpointProblem[];
  default: string;
  untrained: string | null;
}

/** Values that are put into a text. */
export type Values = Record<string, any>;

/** An error as the program answers it: the key of a text, and its values. */
export interface ProgramError {
  code: string;
  values?: Values;
}

/** A recipe or a network: what its file calls it, and the key of a text for one that is known. */
export interface Named {
  text: string;
  code?: string | null;
  values?: Values;
}

/** A text by its key, with its values; `failed` marks one that says what went wrong. */
export interface Message {
  key: string;
  values?: Values;
  failed?: boolean;
}

/** A function of the program that the page can call. */
export type ServerFunction = (request: any) => Promise<any>;

/** What Gradio gives to the script of a component. */
export interface MountedComponent {
  element: HTMLElement;
  props: any;
  server: Record<string, ServerFunction>;
  trigger: (name: string, data: object) => void;
}

declare global {
  /** What the modules tell each other; the other events of theirs carry nothing. */
  interface DocumentEventMap {
    "race:alive": CustomEvent<boolean>;
    "race:left": CustomEvent<{ name: string; now: string }>;
    "race:open-checkpoints": CustomEvent<{ isAdding?: boolean; wanted?: string; search?: string } | null>;
    "race:open-tab": CustomEvent<string>;
    "race:say": CustomEvent<string>;
    "race:unkept": CustomEvent<("browser" | "window")[]>;
  }

  /** Not all browsers have it. */
  interface Navigator {
    connection?: { saveData?: boolean; effectiveType?: string };
  }
}

// What the functions of the page take and answer. Written by `python -m studio.ui.declarations`; not to be edited.

/** A whole number from 0 to 4294967295. */
export type Seed = number;

/** The truncation of all cells of a tile, 0 to 1. */
export type Psi = number;

/** A cell of a tile, 0 to 99, row by row. */
export type Cell = number;

/** A SHA-256 in hexadecimal digits; in a request its beginning will do, 8 digits or more. */
export type Sha256 = string;

/** The page, as it calls itself: 1 to 64 characters of printable ASCII. */
export type Visitor = string;

/** By which a browser is known again: 16 to 64 hexadecimal digits and hyphens. */
export type Secret = string;

/** Bytes in base64. */
export type Base64 = string;

/** The checkpoint has come whole; `known` where it was here already. */
export interface Added {
  own: Sha256[];
  list: CheckpointList;
  sha256: Sha256;
  name: string; // 240 characters at most
  known: boolean;
}

/** What the training warned of, and when it began to. */
export interface Alarm {
  images: number;
  seconds: number;
  name: string; // 300 characters at most
}

/** Whether a ballot with the receipt is in; `ranks` are told after the reveal only. */
export interface BallotIsInReply {
  is_in: boolean;
  ranks: string[] | null;
}

/** A ballot: the tiles, the best first, and a key that the browser has drawn for it. */
export interface BallotRequest {
  secret: Secret;
  code: string; // 200 characters at most
  round: number; // 1 to 2
  ranks: string[]; // 100 at most
  key: string;
}

/** The word by which the pieces are known, and the name that the checkpoint will have. */
export interface BeginReply {
  upload: string;
  name: string; // 240 characters at most
}

/** A checkpoint that will come in pieces; it may have only as many bytes as it says. */
export interface BeginRequest {
  size: number;
  config: string; // 65536 characters at most
  name: string; // 320 characters at most
  secret: Secret;
}

/** The checkpoints that one network has scored. */
export interface Board {
  network: Named | null;
  rows: Standing[];
}

/** One cell of a tile, counted from 0 row by row. */
export interface CellRequest {
  seed: Seed;
  sha256: Sha256;
  psi?: Psi;
  visitor: Visitor;
  cell: Cell;
}

/** Cells in the order of the checkpoints. */
export interface CellsReply {
  cells: DrawnCell[];
}

/** One cell of each tile. */
export interface CellsRequest {
  checkpoints: Sha256[]; // 100 at most
  seed: Seed;
  psi?: Psi;
  visitor: Visitor;
  cell: Cell;
}

/** The verdict on one of many pictures, and what it and its checkpoint declare. `thumbnail` is a JPEG, `signature` the mean colours of 8 x 8 squares in each of the 100 pictures, a byte each, by which nearly equal tiles are told; both are None where there are no pixels, the latter also where they are no tile. */
export interface CheckReply {
  verdict: VerdictReply;
  checkpoint_name: string | null;
  seeds_looked_at: number | null;
  training_hours: number | null;
  pretrained: Named | null;
  recipe: string | null;
  thumbnail: Base64 | null;
  signature: Base64 | null;
}

/** One of many pictures to check, each by what it says of itself. */
export interface CheckRequest {
  file: Base64;
  visitor?: Visitor;
}

/** All checkpoints; `default` is the one that is shown first, `untrained` the folder where there is none. */
export interface CheckpointList {
  checkpoints: ListedCheckpoint[];
  problems: Unusable[];
  default: Sha256 | null;
  untrained: string | null;
}

/** How a tile compares with others; `limits` are those above which a warning comes. `copies` are its pictures that nearly are training pictures: None where there are none to compare with, or while they are being read; `problem` is why they cannot be. */
export interface CompareReply {
  tiles: OtherTile[];
  score: number;
  repeated: number;
  limits: Record<string, number>;
  copies: Cell[] | null;
  reading: ReadingProgress | null;
  problem: Phrase | null;
  warnings: Remark[];
}

/** A tile to hold beside two other seeds of its checkpoint; `anew` draws others than before. */
export interface CompareRequest {
  seed: Seed;
  sha256: Sha256;
  psi?: Psi;
  visitor: Visitor;
  anew?: boolean;
}

/** Quantities over images and seconds. */
export interface Curves {
  images: number[];
  seconds: number[];
  quantities: Record<string, (number | null)[]>;
  alarms: Alarm[];
}

/** Curves in the order of the runs, None where the version is the one that was asked with. `followed` tells that a run has a log of its own beside its checkpoints, which may grow, and `growing` that one has grown lately. */
export interface CurvesReply {
  curves: (Curves | null)[];
  versions: string[];
  followed: boolean;
  growing: boolean;
}

/** Runs whose curves are followed, and the versions of those that are on the screen already, in the same order. */
export interface CurvesRequest {
  checkpoints: Sha256[]; // 100 at most
  versions?: string[] | null;
}

/** A knockout so far: the seeds, and which stayed at each decision. */
export interface DecideRequest {
  seeds: Seed[]; // 240 at most
  decisions: Seed[][]; // 240 at most
}

/** A field of a manifest that is not what was found; None stands for no value. `lie`: it may not differ. */
export interface Difference {
  field: string; // 300 characters at most
  said: string | null;
  found: string | null;
  lie: boolean;
}

/** How far drawn pictures are from real ones (KID), as one feature network sees it. `few` pictures are too few to rank by; numbers of two networks cannot be compared. */
export interface Distance {
  kid: number;
  network: Named | null;
  few: boolean;
}

/** An answer that says nothing. */
export interface Done {
}

/** A cell, and the classes of its tile. */
export interface DrawnCell {
  classes: number[];
  class_count: number;
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  z_hash: string; // 300 characters at most
  seconds: number;
  device: string; // 300 characters at most
  relieved: boolean;
  precision: string; // 300 characters at most
  png: Base64;
}

/** A tile. */
export interface DrawnTile {
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  z_hash: string; // 300 characters at most
  seconds: number;
  device: string; // 300 characters at most
  relieved: boolean;
  precision: string; // 300 characters at most
  jpeg: Base64;
}

/** An entry: an exported PNG, or checkpoint, seed and psi. `secret` is by which the browser may replace it later. */
export interface EnterRequest {
  secret: Secret;
  name: string; // 200 characters at most
  about?: string; // 8000 characters at most
  file?: Base64 | null;
  sha256?: Sha256 | null;
  seed?: Seed | null;
  psi?: Psi | null;
  seeds_looked_at?: number | null;
  visitor?: Visitor;
}

/** The tiles in the viewer's own order, random and always the same; of the first round, also in a final. */
export interface ExhibitionReply {
  tiles: string[];
}

/** What became of checking it, as the tab Verify says it. */
export interface ExportCheckReply {
  outcome: string;
}

/** A file that was exported, to be compared with what its checkpoint and seed give. */
export interface ExportCheckRequest {
  file: Base64;
  visitor?: Visitor;
}

/** The file of a tile, with its SHA-256, the name that it should have, and what it says of itself. */
export interface ExportReply {
  png: Base64;
  sha256: Sha256;
  file: string; // 300 characters at most
  manifest: Record<string, unknown>;
}

/** A tile to export; `looked_at` is how many seeds the page says it has shown of the checkpoint. */
export interface ExportRequest {
  sha256: Sha256;
  seed: Seed;
  psi?: Psi;
  looked_at?: number | null;
  visitor?: Visitor;
}

/** Settings of what is shown; curves and scores of the runs. */
export interface FactsReply {
  settings: SettingRow[];
  curves: Curves[];
  scores: Scores[][];
}

/** Runs that are compared, and what is shown of each: one of its steps, or itself. */
export interface FactsRequest {
  checkpoints: Sha256[]; // 100 at most
  shown?: Sha256[] | null;
}

/** The answer of a function that has failed. */
export interface Failed {
  error: Problem;
}

/** A starred tile of a browser. */
export interface FavouriteRow {
  sha256: Sha256;
  seed: Seed;
  psi?: Psi;
  note?: string; // 80 characters at most
  name?: string; // 80 characters at most
  added?: number;
}

/** The file of a film. */
export interface FilmMade {
  film: Base64;
  media_type: string; // 300 characters at most
}

/** How many frames are made, of how many. */
export interface FilmProgress {
  done: number;
  total: number;
}

/** A film that is being made. */
export interface FilmQuestion {
  film: string;
}

/** A film of a walk; `first` is the picture that is shown where only one is. */
export interface FilmRequest {
  sha256: Sha256;
  visitor: Visitor;
  where: Pad | Walk;
  psi?: Psi;
  method: "sefa" | "pca";
  amounts: number[]; // 8 at most
  mix_seed?: Seed | null;
  mix_from: number; // 0 to 16
  kind: string;
  rate: 12 | 24 | 30;
  side: 320 | 480 | 640 | 960;
  pictures: 1 | 4 | 9 | 16 | 100;
  seconds: number; // 1 to 20
  first?: Cell;
}

/** The word by which a film is known, and how many frames it will have. */
export interface FilmStarted {
  film: string;
  total: number;
}

/** There is no such film any more. */
export interface FilmStopped {
  stopped?: true;
}

/** How many styles and classes its generator has. */
export interface GeneratorReply {
  styles: number;
  classes: number;
}

/** A checkpoint. */
export interface GeneratorRequest {
  sha256: Sha256;
}

/** A checkpoint that will not come. */
export interface GiveUpRequest {
  upload: string;
}

/** How the totals are spread. */
export interface Histogram {
  counts: number[];
  edges: number[];
}

/** How far the index of the training pictures is: read, or looked at. */
export interface IndexProgress {
  done: number;
  total: number;
  reading: boolean;
}

/** What goes on for a while: closing the entries or opening the vote draws tiles. */
export interface Job {
  action: "close" | "open" | "codes" | "reopen" | "final" | "reveal" | "pause" | "resume" | "exclude" | "include";
  done: number;
  total: number;
  is_running: boolean;
  error: Problem | null;
}

/** A picture. */
export interface JpegReply {
  jpeg: Base64;
}

/** The link as a QR code in SVG, moved to the public address where only this machine reaches the page. */
export interface LinkReply {
  link: string; // 1200 characters at most
  reach: "qr_one_machine" | "qr_open" | "qr_moved";
  svg: Base64;
}

/** A link of the page. */
export interface LinkRequest {
  link: string; // 12000 characters at most
}

/** The list, and the hashes of what the browser with the secret has added. */
export interface ListReply {
  own: Sha256[];
  list: CheckpointList;
}

/** Which checkpoints there are; with `steps`, also what each run has kept of its way. */
export interface ListRequest {
  secret?: Secret | null;
  steps?: boolean;
}

/** A checkpoint that can be used. `saved` is when it was last trained, in seconds since 1970, and `distances` are its scores. `raw` is the hash of its weights as last trained, where there are such beside the average. `size` is in bytes, `seconds` those of the training; `z_dim` and `classes` say which generators give the same latents for a seed. */
export interface ListedCheckpoint {
  sha256: Sha256;
  raw: Sha256 | null;
  raw_name: string; // 240 characters at most
  weights: "averaged" | "raw" | null;
  name: string; // 240 characters at most
  size: number;
  recipe: Named | null;
  tricks: string[];
  images: number | null;
  seconds: number | null;
  saved: number;
  distances: Distance[];
  devices: string[];
  pretrained: Named | null;
  equalizer: number;
  z_dim: number | null;
  classes: number;
  alarms: string[];
  added: boolean;
  steps: Step[];
}

/** The picture. */
export interface LookReply {
  seed: Seed;
  thumbnail: Base64;
  preview: boolean;
}

/** A small picture of a tile: `urgent`, or `soon` as the first one of a sheet, or like the rest of a sheet. */
export interface LookRequest {
  seed: Seed;
  sha256: Sha256;
  psi?: Psi;
  visitor: Visitor;
  side: 320 | 640;
  worker: number;
  preview?: boolean;
  soon?: boolean;
  urgent?: boolean;
}

/** One cell. */
export interface MorphCellRequest {
  sha256: Sha256;
  visitor: Visitor;
  where: Pad | Walk;
  psi?: Psi;
  method: "sefa" | "pca";
  amounts: number[]; // 8 at most
  mix_seed?: Seed | null;
  mix_from: number; // 0 to 16
  cell: Cell;
}

/** A tile; `departures` are why it is no pure seed, and `classes` those of one that is. */
export interface MorphTileReply {
  jpeg: Base64;
  seconds: number;
  device: string; // 300 characters at most
  sha256: Sha256;
  name: string; // 240 characters at most
  weights: "averaged" | "raw" | null;
  psi: Psi;
  nearest: Seed;
  departures: string[];
  classes: number[] | null;
  class_count: number | null;
}

/** A recipe or a network: as its file calls it, and, where the page has words for it, their code and values. */
export interface Named {
  text: string; // 300 characters at most
  code?: string | null;
  values?: Record<string, number>;
}

/** The training pictures nearest to each cell. */
export interface NearestEach {
  cells: NearestReply[];
}

/** The training pictures nearest to a cell; the threshold is the distance below which one should look twice. */
export interface NearestReply {
  threshold: number;
  count: number;
  network: Named;
  neighbours: Neighbour[];
}

/** A training picture near a cell; `copied` where it is suspiciously near. */
export interface Neighbour {
  distance: number;
  mirrored: boolean;
  copied: boolean;
  jpeg: Base64;
}

/** A request that says nothing. */
export interface NoFields {
}

/** Which tile the file says it is. */
export interface OpenReply {
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  name: string; // 240 characters at most
}

/** A file that may be an exported tile. */
export interface OpenRequest {
  file: Base64;
  visitor?: Visitor;
}

/** Something to be done; `name` is an entry's; `voters`, `honour` and `address` are for an opening and codes. */
export interface OrganiseRequest {
  organiser_secret: string; // 200 characters at most
  action: "close" | "open" | "codes" | "reopen" | "final" | "reveal" | "pause" | "resume" | "exclude" | "include";
  name?: string | null;
  voters?: number | null;
  honour?: boolean;
  address?: string; // 400 characters at most
}

/** An entry as its organiser sees it. */
export interface OrganiserEntry {
  name: string; // 300 characters at most
  checkpoint: string; // 300 characters at most
  seed: Seed;
  psi: Psi;
  seeds_looked_at: number | null;
  hours: number | null;
  pretrained: Named | null;
  repeated_cells: number | null;
  excluded: Problem | null;
}

/** Where the race stands, for its organiser; `allowed` is what can be done now. */
export interface OrganiserReply {
  allowed: ("close" | "open" | "codes" | "reopen" | "final" | "reveal" | "pause" | "resume" | "exclude" | "include")[];
  entries: OrganiserEntry[];
  refused: RefusedEntry[];
  events: RaceEvent[];
  names: string[];
  voters: number;
  ballots: number;
  codes: number;
  final_due: boolean;
  has_sheet: boolean;
  job: Job | null;
}

/** The organiser's secret. */
export interface OrganiserRequest {
  organiser_secret: string; // 200 characters at most
}

/** The tile of another seed, as a JPEG of half the side or less. */
export interface OtherTile {
  seed: Seed;
  jpeg: Base64;
}

/** The entries that the browser has sent in. */
export interface OwnEntriesReply {
  entries: OwnEntry[];
}

/** An entry of the browser that asks: what it is drawn from, and what its checkpoint declares. `about_text` is the Markdown of `about`, to be changed. */
export interface OwnEntry {
  name: string; // 300 characters at most
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  seeds_looked_at: number | null;
  hours: number | null;
  pretrained: Named | null;
  about: string; // 100000 characters at most
  about_text: string; // 2000 characters at most
  excluded: Problem | null;
}

/** The tile, smaller. */
export interface OwnPictureReply {
  jpeg: Base64;
}

/** The tile of an own entry, by its name. */
export interface OwnPictureRequest {
  secret: Secret;
  name: string; // 200 characters at most
  visitor?: Visitor;
}

/** A place between four seeds, as shares of the way from left to right and from top to bottom. */
export interface Pad {
  kind: "pad";
  seeds: Seed[]; // 4 at most
  x: number; // 0 to 1
  y: number; // 0 to 1
}

/** What the voter may choose: between `least` and `most` of the tiles, the best first, but not `own`. */
export interface PaperReply {
  round: number; // 1 to 2
  kind: "single" | "podium" | "final";
  tiles: string[];
  own: string | null;
  least: number;
  most: number;
}

/** Who wants to vote: the code as it was typed, on the honour system a name; `secret` is that of own entries. */
export interface PaperRequest {
  secret: Secret;
  code: string; // 200 characters at most
}

/** Words of the page: a text by its code, with what fills it. */
export interface Phrase {
  code: string;
  values: Record<string, string | number>;
}

/** A place between seeds, and what is done to it: truncation, directions, and styles of another seed. */
export interface PlaceRequest {
  sha256: Sha256;
  visitor: Visitor;
  where: Pad | Walk;
  psi?: Psi;
  method: "sefa" | "pca";
  amounts: number[]; // 8 at most
  mix_seed?: Seed | null;
  mix_from: number; // 0 to 16
}

/** A picture, exactly. */
export interface PngReply {
  png: Base64;
}

/** What went wrong: the code of a text, and what fills it; `reason` and `remarks` are phrases of their own. */
export interface Problem {
  code: string;
  values: Record<string, Phrase | string | number | string[] | null>;
}

/** The glossary and the versions. */
export interface ProgramReply {
  tricks: Trick[];
  versions: Versions;
}

/** A ballot as it is published. */
export interface PublishedBallot {
  receipt: string; // 300 characters at most
  ranks: string[];
}

/** What the organiser did; `moment` is in seconds since 1970. */
export interface RaceEvent {
  moment: number;
  event: string; // 300 characters at most
}

/** The ranking, the best first; `reals` tells what is known of real pictures. */
export interface RankReply {
  network: Named | null;
  at_hand: boolean;
  reals: "none" | "waiting" | "unusable" | "ready";
  scores: SeedScore[];
  histogram: Histogram;
}

/** Seeds to rank: a range, and others. */
export interface RankRequest {
  sha256: Sha256;
  seed: Seed;
  psi?: Psi;
  count: number; // 0 to 240
  others?: Seed[]; // 240 at most
  by_network?: boolean;
}

/** How many training pictures are read. */
export interface ReadingProgress {
  done: number;
  total: number;
}

/** The ballot is in, on the disk. */
export interface ReceiptReply {
  receipt: string; // 300 characters at most
}

/** A receipt as somebody types it. */
export interface ReceiptRequest {
  receipt: string; // 200 characters at most
}

/** How many bytes have come. */
export interface Received {
  received: number;
}

/** Somebody of the mails who could not enter, and why. */
export interface RefusedEntry {
  name: string; // 300 characters at most
  reason: Problem;
}

/** Something that is told beside the reason. */
export interface Remark {
  code: string;
  values: Record<string, string | number>;
}

/** A checkpoint that the browser with the secret has added and removes again. */
export interface RemoveRequest {
  sha256: Sha256;
  secret: Secret;
}

/** The result; `order` has the tiles from the best to the last, by their code where nothing is ranked. */
export interface ResultReply {
  winners: string[];
  certainty: string | null;
  percent: number;
  order: string[];
  standings: TileStanding[];
  rounds: RoundResult[];
  entries: RevealedEntry[];
  least_ballots: number;
  samples: number;
  commitment: string; // 300 characters at most
  salt: string; // 300 characters at most
}

/** The result, asked for by anybody, after the reveal. */
export interface ResultRequest {
}

/** Whose tile it is and what it is drawn from; `about_html` is made safe. A path of the verify command is a name. */
export interface RevealedEntry {
  tile: string;
  name: string; // 300 characters at most
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  weights: string | null;
  recipe: Named | null;
  hours: number | null;
  pretrained: Named | null;
  seeds_looked_at: number | null;
  second_seed: Seed | null;
  repeated_cells: number | null;
  about_html: string; // 100000 characters at most
  command: string | null;
}

/** One round; `preferred` says for each tile over each other one how many ballots prefer it. */
export interface RoundResult {
  kind: "single" | "podium" | "final";
  voted: number;
  eligible: number;
  tiles: string[];
  standings: TileStanding[];
  preferred: Record<string, Record<string, number>>;
  ballots: PublishedBallot[];
}

/** A row of the matrix. */
export interface RowReply {
  tiles: DrawnTile[];
  seed: Seed;
}

/** One row of a matrix of checkpoints and seeds; `save` where it is drawn exactly to be saved. */
export interface RowRequest {
  checkpoints: Sha256[]; // 100 at most
  seeds: Seed[]; // 100 at most
  row: number;
  psi?: Psi;
  visitor: Visitor;
  preview?: boolean;
  save?: boolean;
}

/** How many rows are finished, and a picture of them where that is more than was known. */
export interface RowsReply {
  rows: number;
  thumbnail: Base64 | null;
  preview: boolean;
}

/** The finished rows of a tile that is being drawn, where there are more than are known. */
export interface RowsRequest {
  sha256: Sha256;
  seed: Seed;
  psi?: Psi;
  side: 320 | 640;
  rows: number; // 0 to 10
  preview?: boolean;
}

/** What a checkpoint got by one network; `few` pictures are too few to rank by. */
export interface Scores {
  network: Named | null;
  fakes: number | null;
  reals: number | null;
  numbers: Record<string, number>;
  few: boolean;
}

/** A table for each network, and the names of the checkpoints without scores. */
export interface ScoresReply {
  boards: Board[];
  unscored: string[];
}

/** What a whole seed got, relative to those that were ranked with it. */
export interface SeedScore {
  seed: Seed;
  total: number;
  weakest: number;
  diversity: number;
  distance: number | null;
  cells: Cell[];
}

/** The network has looked at the tile of the seed. */
export interface SeenReply {
  seed: Seed;
}

/** One setting in several passports; None where a passport does not name it. */
export interface SettingRow {
  field: string; // 300 characters at most
  values: (Named | string | null)[];
  differs: boolean;
}

/** The favourites of the studio, and whether they could be written. */
export interface ShareReply {
  shared: SharedFavourite[];
  kept: boolean;
}

/** All favourites of the browser with this secret; pages of earlier versions tell their `address`, too. */
export interface ShareRequest {
  secret: Secret;
  address?: string; // 300 characters at most
  favourites: FavouriteRow[]; // 300 at most
}

/** A tile that visitors have starred: how many, and whether this browser is among them. */
export interface SharedFavourite {
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  note: string; // 80 characters at most
  name: string; // 80 characters at most
  added: number;
  stars: number;
  own: boolean;
}

/** The sheet as a page to print, or None where there is none any more. */
export interface SheetReply {
  html: string | null;
}

/** The sheet of new codes; with `forget` it is given up. */
export interface SheetRequest {
  organiser_secret: string; // 200 characters at most
  forget?: boolean;
}

/** A tile, and how it came about; `preview` where it is smaller or less exact than the tile. */
export interface ShowReply {
  classes: number[];
  class_count: number;
  sha256: Sha256;
  seed: Seed;
  psi: Psi;
  z_hash: string; // 300 characters at most
  seconds: number;
  device: string; // 300 characters at most
  relieved: boolean;
  precision: string; // 300 characters at most
  name: string; // 240 characters at most
  images: number | null;
  weights: "averaged" | "raw" | null;
  preview: boolean;
  jpeg: Base64;
  served_seconds: number;
}

/** A tile to look at: a preview will do, or it is drawn ahead of a request that may come. */
export interface ShowRequest {
  seed: Seed;
  sha256: Sha256;
  psi?: Psi;
  visitor: Visitor;
  preview?: boolean;
  ahead?: boolean;
}

/** Where a knockout stands. */
export interface StageReply {
  shown: Seed[];
  alive: Seed[];
  decided: number;
  remaining: number;
}

/** A checkpoint in one table of scores; None where its passport does not say. `few` pictures are too few to rank by. `bands` and `periods` are the power of the fakes over that of the reals. */
export interface Standing {
  name: string; // 240 characters at most
  sha256: Sha256;
  images: number | null;
  minutes: number | null;
  pretrained: Named | null;
  kid: number | null;
  kid_spread: number | null;
  fid: number | null;
  fid_spread: number | null;
  bands: number[] | null;
  periods: number[] | null;
  fakes: number | null;
  reals: number | null;
  few: boolean;
}

/** Where the race stands, the same for everybody; nothing in it depends on what was voted. `pictures` is a part of the addresses of the tiles' pictures, empty before there are any. `most_entries` and what follows are limits. */
export interface StatusReply {
  title: string; // 300 characters at most
  phase: "SUBMIT" | "CHECK" | "VOTE" | "FINAL" | "REVEAL";
  voting: boolean;
  paused: boolean;
  honour: boolean;
  hours: number;
  resolution: number;
  shared_first: boolean;
  entries: number;
  voters: number;
  voted: number;
  round: number | null;
  kind: "single" | "podium" | "final" | null;
  tiles: string[];
  commitment: string; // 300 characters at most
  pictures: string; // 300 characters at most
  weak_secrecy: boolean;
  sureness: Sureness | null;
}

/** A checkpoint that a run has kept of its way, and the images that it had seen. */
export interface Step {
  sha256: Sha256;
  images: number | null;
}

/** A request for the index was taken back; `goes_on` where others wait for it. */
export interface StopReply {
  stopped?: true;
  goes_on: boolean;
}

/** Whose request is taken back. */
export interface StopRequest {
  visitor: Visitor;
}

/** The cells that follow a slider. */
export interface StripReply {
  jpeg: Base64;
  preview: boolean;
}

/** The first cells, in rows of so many. */
export interface StripRequest {
  sha256: Sha256;
  visitor: Visitor;
  where: Pad | Walk;
  psi?: Psi;
  method: "sefa" | "pca";
  amounts: number[]; // 8 at most
  mix_seed?: Seed | null;
  mix_from: number; // 0 to 16
  columns: 4 | 8;
}

/** The answer to a request in whose place the visitor has sent another. */
export interface Superseded {
  superseded?: true;
}

/** In how many of 100 simulated races of so many tiles and voters the truly best tile wins. */
export interface Sureness {
  tiles: number;
  voters: number;
  percent: number;
}

/** A small picture of a tile, and the name of its checkpoint. */
export interface ThumbnailReply {
  jpeg: Base64;
  name: string; // 240 characters at most
}

/** A small picture of a checkpoint. */
export interface ThumbnailRequest {
  sha256: Sha256;
  visitor: Visitor;
}

/** One tile, and whose request it is. */
export interface TileRequest {
  seed: Seed;
  sha256: Sha256;
  psi?: Psi;
  visitor: Visitor;
}

/** The place of a tile in one round or in the whole race, the best first. `score` is the points per voter of a first round or the duels won of a final, `positions` are the numbers of ballots that have it first, second, ...; `low` and `high` bound the 95 % band of a first round's score. */
export interface TileStanding {
  tile: string;
  place: number;
  score: number;
  points: number;
  positions: number[];
  electors: number;
  decided_by: string | null;
  chance: number;
  low: number | null;
  high: number | null;
}

/** Tiles in the order of the checkpoints. */
export interface TilesReply {
  tiles: DrawnTile[];
}

/** One seed of several checkpoints. */
export interface TilesRequest {
  checkpoints: Sha256[]; // 100 at most
  seed: Seed;
  psi?: Psi;
  visitor: Visitor;
}

/** An entry of the glossary, with its words by language. */
export interface Trick {
  key: string;
  group: string;
  words: Record<string, TrickWords>;
  paper: string; // 300 characters at most
  setting: string; // 300 characters at most
  recipes: string[];
}

/** An entry of the glossary in one language. */
export interface TrickWords {
  name: string; // 300 characters at most
  does: string;
  look: string;
}

/** A checkpoint that cannot be used, and why; `added` is the hash under which a visitor has added it. */
export interface Unusable {
  name: string; // 240 characters at most
  reason: Phrase;
  added: Sha256 | null;
}

/** What became of checking one file; `reason` and `outcome` name texts of the page, which `values` fill. */
export interface VerdictReply {
  outcome: string;
  reason: string;
  values: Record<string, Phrase | string | number | string[] | null>;
  seed: Seed | null;
  checkpoint: Sha256 | null;
  psi: Psi | null;
  weights: "averaged" | "raw" | null;
  origin: "folder" | "added" | "beside" | null;
  cells: Cell[];
  largest: number | null;
  share: number | null;
  differences: Difference[];
  remarks: Remark[];
  claims: string[];
  notes: string[];
}

/** The verdict. */
export interface VerifyReply {
  verdict: VerdictReply;
}

/** A picture to check; checkpoint, seed and psi are what the visitor says in the place of the file. Without a checkpoint the file says all three, and psi is passed over. */
export interface VerifyRequest {
  file: Base64;
  sha256?: Sha256 | null;
  seed?: Seed | null;
  psi?: Psi;
  visitor?: Visitor;
}

/** What the studio runs on; no version of the program where it runs from its folder. */
export interface Versions {
  program: string | null;
  python: string; // 300 characters at most
  torch: string; // 300 characters at most
  gradio: string; // 300 characters at most
  device: string; // 300 characters at most
}

/** Who looks: the tiles come in an order of the browser's own. */
export interface ViewerRequest {
  secret: Secret;
}

/** A place on a walk from seed to seed: 0 is the first, 1 the second; a closed one goes on to the first. */
export interface Walk {
  kind: "walk";
  seeds: Seed[]; // 12 at most
  position: number; // 0 to 12
  closed: boolean;
  way: "slerp" | "lerp";
}

/** The least usual cells of a tile, the weakest first; its diversity, and that of usual tiles of the checkpoint. */
export interface WeakestReply {
  cells: Cell[];
  diversity: number;
  usual: number;
}

export type Answered<T> = T | Failed | Superseded;

export interface HeaderServer {
  link_code(request: LinkRequest): Promise<Answered<LinkReply>>;
}

export interface FavouritesServer {
  share(request: ShareRequest): Promise<Answered<ShareReply>>;
  thumbnail(request: TileRequest): Promise<Answered<ThumbnailReply>>;
}

export interface CheckpointsServer {
  list_checkpoints(request: ListRequest): Promise<Answered<ListReply>>;
  preview(request: ThumbnailRequest): Promise<Answered<JpegReply>>;
  remove(request: RemoveRequest): Promise<Answered<ListReply>>;
  add_begin(request: BeginRequest): Promise<Answered<BeginReply>>;
  add_stop(request: GiveUpRequest): Promise<Answered<Done>>;
}

export interface ExploreServer {
  show(request: ShowRequest): Promise<Answered<ShowReply>>;
  drawn_rows(request: RowsRequest): Promise<Answered<RowsReply>>;
  cell(request: CellRequest): Promise<Answered<PngReply>>;
  nearest(request: CellRequest): Promise<Answered<NearestReply | IndexProgress>>;
  stop_nearest(request: StopRequest): Promise<Answered<StopReply>>;
  weakest(request: TileRequest): Promise<Answered<WeakestReply>>;
  open_tile(request: OpenRequest): Promise<Answered<OpenReply>>;
}

export interface SeedsServer {
  look(request: LookRequest): Promise<Answered<LookReply>>;
  look_at_rows(request: RowsRequest): Promise<Answered<RowsReply>>;
  rank_seeds(request: RankRequest): Promise<Answered<RankReply>>;
  see_seed(request: TileRequest): Promise<Answered<SeenReply>>;
  decide(request: DecideRequest): Promise<Answered<StageReply>>;
}

export interface CompareServer {
  compare_tiles(request: TilesRequest): Promise<Answered<TilesReply>>;
  compare_row(request: RowRequest): Promise<Answered<RowReply>>;
  compare_stop(request: StopRequest): Promise<Answered<Done>>;
  compare_cells(request: CellsRequest): Promise<Answered<CellsReply>>;
  compare_facts(request: FactsRequest): Promise<Answered<FactsReply>>;
  compare_curves(request: CurvesRequest): Promise<Answered<CurvesReply>>;
  compare_nearest(request: CellsRequest): Promise<Answered<NearestEach | IndexProgress>>;
  compare_stop_nearest(request: StopRequest): Promise<Answered<StopReply>>;
}

export interface MorphServer {
  morph_about(request: GeneratorRequest): Promise<Answered<GeneratorReply>>;
  morph_strip(request: StripRequest): Promise<Answered<StripReply>>;
  morph_tile(request: PlaceRequest): Promise<Answered<MorphTileReply>>;
  morph_cell(request: MorphCellRequest): Promise<Answered<PngReply>>;
  morph_copies(request: MorphCellRequest): Promise<Answered<NearestReply | IndexProgress>>;
  morph_stop_copies(request: StopRequest): Promise<Answered<StopReply>>;
  start_film(request: FilmRequest): Promise<Answered<FilmStarted>>;
  look_at_film(request: FilmQuestion): Promise<Answered<FilmProgress | FilmStopped | FilmMade>>;
  stop_film(request: FilmQuestion): Promise<Answered<Done>>;
}

export interface ExportServer {
  export_tile(request: ExportRequest): Promise<Answered<ExportReply>>;
  check_export(request: ExportCheckRequest): Promise<Answered<ExportCheckReply>>;
}

export interface VerifyServer {
  verify_tile(request: VerifyRequest): Promise<Answered<VerifyReply>>;
  check_file(request: CheckRequest): Promise<Answered<CheckReply>>;
  compare_seeds(request: CompareRequest): Promise<Answered<CompareReply>>;
}

export interface RaceServer {
  race_status(request: NoFields): Promise<Answered<StatusReply>>;
  exhibition(request: ViewerRequest): Promise<Answered<ExhibitionReply>>;
  ballot_is_in(request: ReceiptRequest): Promise<Answered<BallotIsInReply>>;
  race_result(request: ResultRequest): Promise<Answered<ResultReply>>;
  enter_race(request: EnterRequest): Promise<Answered<OwnEntry>>;
  own_entries(request: ViewerRequest): Promise<Answered<OwnEntriesReply>>;
  own_picture(request: OwnPictureRequest): Promise<Answered<OwnPictureReply>>;
  ballot_paper(request: PaperRequest): Promise<Answered<PaperReply>>;
  cast_ballot(request: BallotRequest): Promise<Answered<ReceiptReply>>;
  organiser_view(request: OrganiserRequest): Promise<Answered<OrganiserReply>>;
  organise(request: OrganiseRequest): Promise<Answered<OrganiserReply>>;
  code_sheet(request: SheetRequest): Promise<Answered<SheetReply>>;
}

export interface AboutServer {
  about_scores(request: NoFields): Promise<Answered<ScoresReply>>;
  about_program(request: NoFields): Promise<Answered<ProgramReply>>;
}

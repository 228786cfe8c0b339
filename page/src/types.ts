/** What the page is given: see docs/page.md. Integers beyond 2^53 are decimal strings. */

export type Exact = number | string;
export type Figure = Exact | Exact[];

export interface Row {
  stack: string;
  input?: number | string;
  rank?: number;
  [column: string]: unknown;
}

export interface Near {
  query: Record<string, unknown>;
  matches?: Exact | null;
  matches_at_least?: Exact;
  [cost: string]: unknown;
}

export interface SearchDocument {
  query: Record<string, unknown>;
  space?: { candidates: Exact };
  matches?: Exact | null;
  matches_at_least?: Exact;
  matches_at_most?: Exact;
  families?: Exact | null;
  matches_by_depth?: Record<string, Exact> | null;
  matches_by_changes?: Record<string, Exact> | null;
  front?: Row[] | null;
  results?: Row[] | null;
  why?: string[];
  nearby?: Near[];
  stopped?: string[];
  gap?: Record<string, Exact | null> | null;
}

export interface ReachRow {
  rf: Figure;
  matches?: Exact | null;
  matches_at_least?: Exact | null;
  matches_at_most?: Exact | null;
  least?: Record<string, Exact | null>;
  greatest?: Record<string, Exact | null>;
}

export interface ReachDocument {
  query: Record<string, unknown>;
  reach: ReachRow[];
}

export interface LadderDocument {
  query: Record<string, unknown> & { hold: Record<string, Exact> };
  tightness: Exact | null;
  bound: Exact | null;
  complete: boolean;
  within: boolean;
  spread: Record<string, Exact>;
  rungs: Row[];
  impossible: { target_rf: Figure; why: string[] }[];
}

export interface VerifyDocument {
  rows: (Row & { verdict: string; with: string; ran: boolean; differences: string[] })[];
  different: number;
}

export interface ShowDocument {
  network: string;
  input: Figure;
  input_channels: number;
  output_size: Figure;
  rf: Figure;
  rf_min: Figure;
  jump: Figure;
  centre: Figure;
  padding_total: Figure;
  totals: Record<string, Exact>;
  findings: string[];
  member?: Record<string, unknown>;
}

/** Along one axis: [kernel, stride, before, after, dilation], everything, or each output's taps. */
export type Along = [number, number, number, number, number] | "whole" | "mix" | Taps;
export interface Taps {
  taps: [number, number][][];
}

export interface Tensor {
  layer: string;
  op: string;
  from: number[];
  sizes: number[];
  channels: number;
  middle: [number, number][];
  along: Along[] | "mix" | null;
  alive: number[];
  held?: number[];
  bytes: number;
  params?: number;
  macs?: number;
  rf?: Figure;
  jump?: Figure;
  memory?: number;
}

export interface Drawing {
  document: ShowDocument;
  notation: string | null;
  bytes_per_value: number;
  features: number;
  outputs: number[];
  tensors: Tensor[];
  source?: { torch?: string; none?: string };
}

export interface Wording {
  name: string;
  unit: string;
  meaning: string;
}

/** Of a page that is served: the options of the question, the first one, and the file below it. */
export interface Serving {
  options: OptionWording[];
  question: Record<string, string>;
  config: string | null;
}

export interface OptionWording {
  name: string;
  group: string;
  help: string;
  metavar: string;
  default: string;
  switch: boolean;
  choices: string[] | null;
}

export type Kind = "search" | "reach" | "ladder" | "show" | "verify";

export interface Data {
  kind: Kind;
  document: SearchDocument | ReachDocument | LadderDocument | VerifyDocument | ShowDocument;
  command: string;
  costs: Record<string, Wording>;
  sample: Row[];
  networks: Record<string, Drawing>;
  serving?: Serving;
}

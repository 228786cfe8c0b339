/** What the page knows and what its reader has chosen; everything shown follows from these. */

import { computed, signal } from "@preact/signals";
import { numeric, quantity } from "./format";
import type { Data, Drawing, Kind, LadderDocument, Row, SearchDocument, VerifyDocument, Wording } from "./types";

export const data = signal<Data | null>(null);

export function wording(cost: string): Wording {
  return data.value?.costs[cost] ?? { name: cost.replaceAll("_", " "), unit: "", meaning: "" };
}

/** One network of the answer: a row of its front, its list, or both. */
export interface Item {
  key: string;
  stack: string;
  row: Row;
  front: boolean;
  rank: number | null;
}

export function keyOf(row: Row): string {
  return row.input === undefined ? row.stack : `${row.stack} @ ${row.input}`;
}

/** Every network once, those of the front first, in the answer's order. */
export const items = computed<Item[]>(() => {
  const found = new Map<string, Item>();
  const add = (row: Row, front: boolean, rank: number | null) => {
    const key = keyOf(row);
    const known = found.get(key);
    if (!known) found.set(key, { key, stack: row.stack, row, front, rank });
    else found.set(key, { ...known, row: { ...known.row, ...row }, rank: rank ?? known.rank });
  };
  const given = data.value;
  if (given?.kind === "search") {
    const answer = given.document as SearchDocument;
    for (const row of answer.front ?? []) add(row, true, null);
    for (const row of answer.results ?? []) add(row, false, row.rank ?? null);
  } else if (given?.kind === "ladder") {
    for (const row of (given.document as LadderDocument).rungs) add(row, false, null);
  } else if (given?.kind === "verify") {
    for (const row of (given.document as VerifyDocument).rows) add(row, false, null);
  }
  return [...found.values()];
});

/** Costs by which the answer ranks, without `max:`. */
export const frontCosts = computed<string[]>(() => asked("front"));
export const rankCosts = computed<string[]>(() => asked("rank_by"));

function asked(name: string): string[] {
  const document = data.value?.document as SearchDocument | undefined;
  const costs = document?.query?.[name];
  return Array.isArray(costs) ? costs.map((one) => String(one).replace(/^(max|min):/, "")) : [];
}

/** Whether more of a cost is better in this question. */
export function maximised(cost: string): boolean {
  const query = (data.value?.document as SearchDocument | undefined)?.query ?? {};
  const named = [query.front, query.rank_by].flatMap((one) => (Array.isArray(one) ? one : []));
  return named.includes(`max:${cost}`);
}

/** Columns with a number in every row, which charts may have on an axis. */
export const columns = computed<string[]>(() => {
  const rows = items.value.map((one) => one.row);
  const first = rows[0];
  if (!first) return [];
  const skipped = new Set(["stack", "rank", "input", "centre"]);
  const order = [...new Set([...frontCosts.value, ...rankCosts.value])];
  const names = Object.keys(first).filter(
    (name) => !skipped.has(name) && rows.every((row) => Number.isFinite(numeric(row[name]))),
  );
  return [...order.filter((one) => names.includes(one)), ...names.filter((one) => !order.includes(one))];
});

/** Columns in which rows differ: the rest say nothing in a chart. */
export const varied = computed<string[]>(() =>
  columns.value.filter((name) => new Set(items.value.map((one) => numeric(one.row[name]))).size > 1),
);

// Charts: the cost on each axis, "" for none; what is brushed, by cost.
export const xCost = signal("");
export const yCost = signal("");
export const colourCost = signal("");
export const sizeCost = signal("");
export const logarithmic = signal<Record<string, boolean>>({});
export const brushed = signal<Record<string, [number, number]>>({});
export const filterText = signal("");
export const sorted = signal<{ column: string; down: boolean }>({ column: "", down: false });
export const thinned = signal(0);
export const parallel = signal<string[]>([]);

export const chosen = signal("");
export const compared = signal("");

/**
 * Charts as they begin for an answer: its front's costs on the axes. Only a `fresh` one clears the
 * brush; what is chosen stays while the answer is not `whole`, as its list may still have it.
 */
export function begin(given: Data, { fresh, whole } = { fresh: true, whole: true }): void {
  data.value = given;
  const costs = [...new Set([...frontCosts.value, ...rankCosts.value, "macs", "params", "memory"])].filter((one) =>
    columns.value.includes(one),
  );
  const keep = (held: string, place: number) =>
    columns.value.includes(held) ? held : (costs[place] ?? columns.value[place] ?? "");
  xCost.value = keep(xCost.value, 0);
  yCost.value = keep(yCost.value, 1);
  if (!columns.value.includes(colourCost.value)) colourCost.value = costs[2] ?? "";
  if (!columns.value.includes(sizeCost.value)) sizeCost.value = "";
  const more = [...costs, "depth", "peak_memory"].filter((one) => varied.value.includes(one));
  parallel.value = [...new Set(more)].slice(0, 6);
  if (fresh) [brushed.value, thinned.value] = [{}, 0];
  if (!whole) return;
  if (!items.value.some((one) => one.key === chosen.value)) {
    chosen.value = items.value[0]?.key ?? Object.keys(given.networks)[0] ?? "";
  }
  if (!items.value.some((one) => one.key === compared.value)) compared.value = "";
}

export const drawingOf = (key: string): Drawing | null => data.value?.networks[key] ?? null;

const COMPARISON = /^([a-z_]+)\s*(<=|>=|<|>|=)\s*(.+)$/;

/** The filter as a test of one network: words are sought in the stack, `macs<200M` compares. */
export const filtered = computed<(item: Item) => boolean>(() => {
  const tests = filterText.value
    .replace(/\s*(<=|>=|<|>|=)\s*/g, "$1")
    .split(/\s+/)
    .filter(Boolean)
    .map(test);
  return (item) => tests.every((one) => one(item));
});

function test(word: string): (item: Item) => boolean {
  const found = word.match(COMPARISON);
  const [, name = "", sign = "", text = ""] = found ?? [];
  const bound = quantity(text);
  if (!found || !columns.value.includes(name) || Number.isNaN(bound)) {
    return (item) => item.stack.toLowerCase().includes(word.toLowerCase());
  }
  return (item) => {
    const value = numeric(item.row[name]);
    if (sign === "<") return value < bound;
    if (sign === ">") return value > bound;
    if (sign === "<=") return value <= bound;
    return sign === ">=" ? value >= bound : value === bound;
  };
}

function isBrushed(item: Item): boolean {
  return Object.entries(brushed.value).every(([cost, [low, high]]) => {
    const value = numeric(item.row[cost]);
    return value >= low && value <= high;
  });
}

/** The networks within every brush and the filter, by key. */
export const kept = computed<Set<string>>(
  () => new Set(items.value.filter((one) => isBrushed(one) && filtered.value(one)).map((one) => one.key)),
);

/** The kept networks in the order that the table's heads ask for. */
export const listed = computed<Item[]>(() => {
  const { column, down } = sorted.value;
  const found = items.value.filter((one) => kept.value.has(one.key));
  if (!column) return found;
  const of = (one: Item): number | string => {
    if (column === "stack") return one.stack;
    if (column === "rank") return one.rank ?? Infinity;
    return numeric(one.row[column]);
  };
  const sign = down ? -1 : 1;
  return found.sort((a, b) => {
    const [one, other] = [of(a), of(b)];
    return sign * (one < other ? -1 : one > other ? 1 : 0);
  });
});

export function setBrush(cost: string, range: [number, number] | null): void {
  const { [cost]: _, ...others } = brushed.value;
  brushed.value = range ? { ...others, [cost]: range } : others;
}

export function choose(key: string, beside = false): void {
  if (beside) compared.value = compared.value === key ? "" : key;
  else chosen.value = key;
}

export const isKind = (kind: Kind): boolean => data.value?.kind === kind;

/** Asking the server of `rfsearch explore`: the newest question wins, the address is the question. */

import { computed, signal } from "@preact/signals";
import { begin, colourCost, data, items, keyOf, sizeCost, xCost, yCost } from "../state";
import type { Data, Drawing, Row, SearchDocument } from "../types";
import { wanted } from "../network/network";

export type Question = Record<string, string>;

export const question = signal<Question>({});
/** What the server said of the newest question: its error, or "" while all is well. */
export const trouble = signal("");
export const asking = signal(false);
/** Front and list are those of an older question, until the newest one's come. */
export const stale = signal(false);
/** What is still to come of the newest question's answer, in words. */
export const coming = signal("");
/** From the newest question to its list, in milliseconds. */
export const took = signal(0);
export const copies = signal({ command: "", python: "" });

/** Changes that follow each other within this time (ms) are one question, and one step back. */
const PAUSE = 20;
const STEP = 800;
/** A question that has stood for so long (ms) is worth a sample of all its matches. */
const REST = 400;

const tab = `${Date.now()}-${Math.random()}`;
let newest = 0;
let running: AbortController | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;
let pushed = 0;
/** Whether nothing of the newest question is drawn yet. */
let fresh = true;

export const serving = computed(() => data.value?.serving ?? null);

interface Part {
  part?: "counts" | "front" | "list" | "all";
  document?: SearchDocument;
  error?: string;
  superseded?: boolean;
  costs?: Data["costs"];
  command?: string;
  python?: string;
}

/** Start with the question of the address, and follow it back and forward. */
export function start(given: Data): void {
  question.value = { ...given.serving!.question };
  wanted.value = draw;
  window.addEventListener("popstate", () => {
    question.value = Object.fromEntries(new URLSearchParams(location.search));
    void ask();
  });
  void ask();
}

/** Change some of the question; an empty text leaves an option to its default. */
export function change(some: Question): void {
  const all = { ...question.value, ...some };
  question.value = Object.fromEntries(Object.entries(all).filter(([, text]) => text !== ""));
  const address = `?${new URLSearchParams(question.value)}`;
  const now = Date.now();
  if (now - pushed > STEP) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  pushed = now;
  clearTimeout(waiting);
  waiting = setTimeout(() => void ask(), PAUSE);
}

async function ask(): Promise<void> {
  const mine = ++newest;
  running?.abort();
  running = new AbortController();
  asking.value = true;
  coming.value = "counts";
  const began = performance.now();
  try {
    const sent = { tab, question: question.value };
    const response = await post("ask", sent, running.signal);
    for await (const part of lines(response)) {
      if (mine !== newest) return;
      take(part);
      if (part.part === "list") took.value = performance.now() - began;
    }
    if (mine !== newest) return;
    asking.value = false;
    if (!trouble.value) setTimeout(() => void sample(mine), REST);
  } catch (error) {
    if (mine !== newest || (error as Error).name === "AbortError") return;
    asking.value = false;
    stale.value = true;
    trouble.value = "The server does not answer: it has ended. Start rfsearch explore again, and open the address that it prints.";
  }
}

function take(part: Part): void {
  if (part.superseded) return;
  if (part.command && part.python) copies.value = { command: part.command, python: part.python };
  trouble.value = part.error ?? "";
  if (part.error) stale.value = true;
  if (!part.document || !data.value) return;
  const held = { ...data.value, costs: part.costs ?? data.value.costs };
  const before = held.document as SearchDocument;
  const { document } = part;
  coming.value = { counts: "front", front: "list", list: "questions next door", all: "" }[part.part!];
  if (part.part === "counts") {
    // The counts of the new question; what it has not found yet stays from the one before.
    const { front, results, nearby } = before;
    data.value = { ...held, document: { front, results, nearby, ...document } };
    stale.value = true;
    fresh = true;
  } else if (part.part !== "front" || hasAxes(document)) {
    const nearby = document.nearby ?? before.nearby ?? [];
    const given = { ...held, command: part.command ?? "", document: { ...document, nearby } };
    begin(fresh ? { ...given, networks: {}, sample: [] } : given, { fresh, whole: part.part !== "front" });
    fresh = stale.value = false;
  }
}

/** Whether the front alone has every cost that the charts show: else they wait for the list. */
function hasAxes({ front }: SearchDocument): boolean {
  const shown = [xCost, yCost, colourCost, sizeCost].map((one) => one.value).filter(Boolean);
  return Boolean(front?.length) && shown.every((one) => one in front![0]!);
}

/** Fetch the ground of the scatter, once the controls rest. */
async function sample(mine: number): Promise<void> {
  if (mine !== newest) return;
  try {
    const response = await post("sample", { tab, question: question.value }, running?.signal);
    const rows = (await response.json()) as Row[];
    if (mine === newest && data.value) data.value = { ...data.value, sample: rows };
  } catch {
    // The front is drawn without it; whether the server is there, the next question tells.
  }
}

/** Fetch the drawing of a network that is shown. */
async function draw(key: string): Promise<void> {
  const item = items.value.find((one) => keyOf(one.row) === key);
  const held = data.value;
  if (!item || !held || stale.value) return;
  const query = (held.document as SearchDocument).query;
  const mine = newest;
  try {
    const response = await post("network", { question: query, row: item.row });
    const drawing = (await response.json()) as Drawing & { error?: string };
    if (mine === newest && data.value && !stale.value && !drawing.error) data.value = { ...data.value!, networks: { ...data.value!.networks, [key]: drawing } };
  } catch {
    trouble.value = "The server does not answer.";
  }
}

async function post(name: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(name, { method: "POST", body: JSON.stringify(body), signal: signal ?? null });
  if (!response.ok) throw new Error(`${response.status}`);
  return response;
}

/** The lines of a response as they come. */
async function* lines(response: Response): AsyncGenerator<Part> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (held + value).split("\n");
    held = parts.pop() ?? "";
    for (const one of parts) if (one) yield JSON.parse(one) as Part;
  }
}

/** The networks as a table: every head sorts, the field above filters, brushes narrow it. */

import { signal } from "@preact/signals";
import { figure, numeric, short, whole } from "../format";
import {
  brushed, choose, chosen, columns, compared, filterText, isKind, items, kept, listed, sorted, wording, type Item,
} from "../state";
import type { Figure } from "../types";
import { Section } from "./chart";

/** Rows on the page at once: more would be slow to lay out. */
const STEP = 100;
const shown = signal(STEP);

const LAST = ["padding_total", "output_size", "rf", "jump", "twins"];

/** What stands before the stack: its place in the list, and where there are several its input. */
function places(): string[] {
  const ranked = items.value.some((one) => one.rank !== null);
  const inputs = items.value.some((one) => one.row.input !== undefined);
  return [...(ranked ? ["rank"] : []), ...(inputs ? ["input"] : []), ...(isKind("ladder") ? ["rf"] : [])];
}

function figures(): string[] {
  const rows = items.value.map((one) => one.row);
  const last = LAST.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  const all = [...columns.value.filter((one) => !LAST.includes(one)), ...last];
  return all.filter((one) => !places().includes(one));
}

export function Table() {
  if (items.value.length === 0) return null;
  const rows = listed.value;
  const narrowed = kept.value.size < items.value.length;
  return (
    <Section id="table" heading="Networks">
      <div class="controls">
        <label class="choice grows">
          <span>Filter</span>
          <input
            type="search"
            value={filterText.value}
            placeholder="part of a stack, or macs<200M depth=6"
            onInput={(event) => {
              filterText.value = event.currentTarget.value;
              shown.value = STEP;
            }}
          />
        </label>
        <p class="count" aria-live="polite">
          {narrowed ? `${whole(rows.length)} of ${whole(items.value.length)} networks` : `${whole(rows.length)} networks`}
        </p>
        {(filterText.value || Object.keys(brushed.value).length > 0) && (
          <button type="button" onClick={() => ([filterText.value, brushed.value] = ["", {}])}>Show all</button>
        )}
      </div>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Table of networks">
        <table class="networks">
          <thead>
            <tr>
              <th scope="col" class="marks"><abbr title="A: chosen; B: beside it">A B</abbr></th>
              {places().map((name) => <Head key={name} name={name} />)}
              <Head name="stack" />
              {figures().map((name) => <Head key={name} name={name} />)}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown.value).map((item) => <Line key={item.key} item={item} />)}
          </tbody>
        </table>
      </div>
      {rows.length > shown.value && (
        <p><button type="button" onClick={() => (shown.value += 5 * STEP)}>
          Show more: {whole(rows.length - shown.value)} left
        </button></p>
      )}
    </Section>
  );
}

function Head({ name }: { name: string }) {
  const { column, down } = sorted.value;
  const state = column !== name ? "none" : down ? "descending" : "ascending";
  const { name: text, unit, meaning } = wording(name);
  const turn = () => (sorted.value = { column: name, down: column === name && !down });
  return (
    <th scope="col" aria-sort={state} class={name === "stack" ? "" : "number"}>
      <button type="button" onClick={turn} title={[meaning, unit].filter(Boolean).join("; ")}>
        {text}<span aria-hidden="true">{{ none: "", ascending: " ▲", descending: " ▼" }[state]}</span>
      </button>
    </th>
  );
}

function Line({ item }: { item: Item }) {
  const [a, b] = [chosen.value === item.key, compared.value === item.key];
  return (
    <tr class={a ? "chosen" : b ? "compared" : ""} aria-current={a ? "true" : undefined} data-key={item.key}>
      <td class="marks">
        <button type="button" aria-pressed={a} aria-label={`A: show ${item.key}`} onClick={() => choose(item.key)}>A</button>
        <button type="button" aria-pressed={b} aria-label={`B: compare ${item.key}`} onClick={() => choose(item.key, true)}>B</button>
      </td>
      {places().map((name) => <Cell key={name} item={item} name={name} />)}
      <td class="stack"><button type="button" title={item.stack} onClick={() => choose(item.key)}>{item.stack}</button>{item.front && <span class="badge">front</span>}</td>
      {figures().map((name) => <Cell key={name} item={item} name={name} />)}
    </tr>
  );
}

function Cell({ item, name }: { item: Item; name: string }) {
  const value = name === "rank" ? item.rank : (item.row[name] as Figure | null | undefined);
  if (value === null || value === undefined) return <td class="number">–</td>;
  if (Array.isArray(value) || (typeof value === "string" && Number.isNaN(numeric(value)))) {
    return <td class="number" data-column={name} data-value={String(value)}>{Array.isArray(value) ? figure(value) : value}</td>;
  }
  const { unit } = wording(name);
  return (
    <td class="number" data-column={name} data-value={String(value)} title={`${whole(value)} ${unit}`.trim()}>
      {short(value, unit)}
    </td>
  );
}

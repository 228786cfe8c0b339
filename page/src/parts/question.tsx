/** What was asked, how many match, by depth, why, and what is nearby. */

import { figure, numeric, short, whole } from "../format";
import { data, maximised, wording } from "../state";
import type { Exact, Figure, Near, SearchDocument } from "../types";
import { Copy, Section } from "./chart";

const FIRST = ["target_rf", "input", "rounding", "output_size"];
const BEHIND = new Set(["stage", "block", "op", "kernel", "stride", "padding", "dilation", "format", "output", "report", "quiet"]);

export function Question({ query }: { query: Record<string, unknown> }) {
  const names = Object.keys(query);
  const budgets = names.filter((name) => /^(min|max)_/.test(name));
  const first = [...FIRST.filter((name) => name in query), ...budgets];
  const rest = names.filter((name) => !first.includes(name));
  return (
    <Section id="question" heading="Question">
      <dl class="facts">
        {first.map((name) => <Fact key={name} name={name} value={query[name]} />)}
        {rest.filter((name) => !BEHIND.has(name)).map((name) => <Fact key={name} name={name} value={query[name]} />)}
      </dl>
      <details>
        <summary>The space, and the command</summary>
        <dl class="facts wide">
          {rest.filter((name) => BEHIND.has(name)).map((name) => <Fact key={name} name={name} value={query[name]} />)}
        </dl>
        <Command />
      </details>
    </Section>
  );
}

export function Command() {
  const command = data.value?.command;
  if (!command) return null;
  return (
    <div class="command">
      <pre tabIndex={0} aria-label="Command">{command}</pre>
      <Copy text={command} label="Copy the command" />
    </div>
  );
}

const UNITS: Record<string, string> = { target_rf: "pixels", input: "pixels", output_size: "pixels", depth: "layers" };

function Fact({ name, value }: { name: string; value: unknown }) {
  const unit = UNITS[name] ?? wording(name.replace(/^(min|max)_/, "")).unit;
  const text = worded(name, value);
  return (
    <div>
      <dt>{called(name)}</dt>
      <dd>{text}{/^[\d.,…–×≥≤ ]+$/.test(text) && unit && unit !== "bytes" ? ` ${unit}` : ""}</dd>
    </div>
  );
}

/** What an option is called: bounds by the name of their cost. */
export function called(name: string): string {
  const [, side, cost] = name.match(/^(min|max)_(.+)$/) ?? [];
  return cost ? `${side} ${wording(cost).name}` : name.replace("target_rf", "RF").replaceAll("_", " ");
}

/** Options whose texts are sizes: 64..104x160 as 64–104×160. */
const SIZES = ["target_rf", "input", "depth", "output_size", "jump"];

function worded(name: string, value: unknown): string {
  if (name === "reserve") return short(numeric(value), "bytes");
  if (/^(min|max)_/.test(name) && Number.isFinite(numeric(value))) {
    return short(numeric(value), wording(name.slice(4)).unit);
  }
  if (SIZES.includes(name)) {
    if (name !== "input" && Array.isArray(value) && value.length === 2) return `${value[0]}–${value[1]}`;
    if (typeof value === "string") return spans(value);
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(", ");
  if (value !== null && typeof value === "object") {
    const pairs = Object.entries(value);
    const flat = !Array.isArray(value) && pairs.every(([, one]) => typeof one !== "object");
    return flat ? pairs.map(([key, one]) => `${key} ${one}`).join(", ") : JSON.stringify(value);
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? whole(value) : String(value);
}

/** "64..104x160.." as 64–104×≥ 160. */
function spans(text: string): string {
  return text
    .replaceAll(/(\d)\.\.(?=\d)/g, "$1–")
    .replaceAll(/(\d+)\.\./g, "≥ $1")
    .replaceAll(/\.\.(\d+)/g, "≤ $1")
    .replaceAll(/(\d)x/g, "$1×");
}

export function Counts({ answer }: { answer: SearchDocument }) {
  const { matches, families, space } = answer;
  const exact = matches !== null && matches !== undefined;
  const some = exact ? Number(matches) : Number(answer.matches_at_most ?? 0);
  return (
    <Section id="counts" heading="Answer">
      <p class="headline">
        <strong data-figure="matches" data-value={String(exact ? matches : "")}>
          {exact ? whole(matches) : `between ${whole(answer.matches_at_least ?? 0)} and ${whole(answer.matches_at_most ?? 0)}`}
        </strong>
        {space && <> of <span data-figure="candidates" data-value={String(space.candidates)}>{whole(space.candidates)}</span> stacks</>} match
        {families ? <>, in <span data-figure="families" data-value={String(families)}>{whole(families)}</span> families</> : null}
      </p>
      {answer.stopped?.map((line) => <p key={line} class="warning">Stopped: {line}</p>)}
      {answer.gap && Object.values(answer.gap).some((by) => numeric(by) > 0) && <p class="note">Cut short; no network beats those shown by more than {Object.entries(answer.gap).map(([cost, by]) => `${short(by, wording(cost).unit)} ${wording(cost).name}`).join(", ")}.</p>}
      {answer.matches_by_depth && some > 0 && <Histogram counts={answer.matches_by_depth} of="depth" unit="layers" />}
      {answer.matches_by_changes && <Histogram counts={answer.matches_by_changes} of="changes" unit="changes" />}
    </Section>
  );
}

/** Exact counts by depth; bars by their logarithms, for they grow geometrically. */
function Histogram({ counts, of, unit }: { counts: Record<string, Exact>; of: string; unit: string }) {
  const all = Object.entries(counts).filter(([, count]) => Number(count) > 0);
  const most = Math.max(...all.map(([, count]) => Math.log10(Number(count) + 1)));
  return (
    <figure>
      <figcaption>Matches by {of} ({unit}); bars by the logarithm</figcaption>
      <div class="scrolls low" tabIndex={0} role="region" aria-label={`Matches by ${of}`}>
        <table class="histogram">
          <tbody>
            {all.map(([depth, count]) => (
              <tr key={depth}>
                <th scope="row">{depth}</th>
                <td class="number" data-depth={depth} data-value={String(count)}>{whole(count)}</td>
                <td class="bar" aria-hidden="true">
                  <svg width="100%" height="12" preserveAspectRatio="none" viewBox="0 0 100 12">
                    <rect width={(100 * Math.log10(Number(count) + 1)) / (most || 1)} height="12" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

export function Why({ lines }: { lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <Section id="why" heading="Why">
      <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </Section>
  );
}

/** The questions next door; where the page is served a button asks each, else its command. */
export function Nearby({ near, ask }: { near: Near[]; ask?: (change: Record<string, unknown>) => void }) {
  if (near.length === 0) return null;
  const costs = Object.keys(near[0]!).filter((name) => !["query", "matches"].includes(name) && !name.startsWith("matches_"));
  return (
    <Section id="nearby" heading="Nearby">
      <div class="scrolls" tabIndex={0} role="region" aria-label="Questions nearby">
        <table>
          <thead>
            <tr>
              <th scope="col">instead</th><th scope="col" class="number">matches</th>
              {costs.map((cost) => <th key={cost} scope="col" class="number">{maximised(cost) ? "greatest" : "least"} {wording(cost).name}</th>)}
              <th scope="col">{ask ? "" : "flags"}</th>
            </tr>
          </thead>
          <tbody>
            {near.map((one) => (
              <tr key={flags(one.query)}>
                <td>{Object.entries(one.query).map(([name, value]) => `${called(name)} ${worded(name, value)}`).join(", ")}</td>
                <td class="number" data-value={String(one.matches ?? "")}>{one.matches !== null && one.matches !== undefined ? whole(one.matches) : `≥ ${whole(one.matches_at_least ?? 0)}`}</td>
                {costs.map((cost) => <td key={cost} class="number">{short(one[cost] as Exact, wording(cost).unit)}</td>)}
                <td>{ask ? <button type="button" onClick={() => ask(one.query)}>Ask this</button> : <Copy text={flags(one.query)} label={flags(one.query)} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function flags(query: Record<string, unknown>): string {
  return Object.entries(query)
    .map(([name, value]) => `--${name.replaceAll("_", "-")} ${Array.isArray(value) ? (name === "target_rf" ? value.join("..") : value.join(",")) : figure(value as Figure).replaceAll(",", "")}`)
    .join(" ");
}


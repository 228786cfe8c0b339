/** The chosen network, and where one is set beside it, both: A and B. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { figure, short, whole, withUnit } from "../format";
import { Choice, Copy, Section } from "../parts/chart";
import { chosen, compared, data, drawingOf, items, keyOf, wording } from "../state";
import type { Drawing, Exact, Figure, ShowDocument } from "../types";
import { axisName, Effective } from "./effective";
import { Growth } from "./growth";
import { Layers } from "./layers";
import { Memory } from "./memory";
import { Volumes } from "./volumes";

const axis = signal(0);

/** Asks for a drawing that the page does not hold yet; set where the page is served. */
export const wanted = signal<((key: string) => void) | null>(null);

export function Networks() {
  const keys = [chosen.value, compared.value].filter(Boolean);
  if (keys.length === 0) return null;
  const axes = Math.max(...keys.map((key) => drawingOf(key)?.tensors[0]?.sizes.length ?? 1));
  const options = Array.from({ length: axes }, (_, at): [string, string] => [String(at), axisName(axes, at)]);
  return (
    <Section id="network" heading={keys.length > 1 ? "Two networks" : "Network"}>
      <div class="controls">
        {axes > 1 && <Choice label="along" value={String(Math.min(axis.value, axes - 1))} onChange={(v) => (axis.value = Number(v))} options={options} />}
        {items.value.length > 1 && <Beside />}
      </div>
      <div class={keys.length > 1 ? "beside" : ""}>
        {keys.map((key, at) => <One key={key} name={key} letter={keys.length > 1 ? "AB"[at]! : ""} />)}
      </div>
    </Section>
  );
}

function Beside() {
  const shown = items.value.slice(0, 500);
  const options: [string, string][] = [["", "none"], ...shown.map((one): [string, string] => [one.key, one.key])];
  return <Choice label="set beside it" value={compared.value} onChange={(v) => (compared.value = v)} options={options} />;
}

function One({ name, letter }: { name: string; letter: string }) {
  const drawing = drawingOf(name);
  useEffect(() => {
    if (!drawing) wanted.value?.(name);
  }, [name, drawing]);
  const row = items.value.find((one) => keyOf(one.row) === name)?.row;
  return (
    <article class="network" aria-label={letter ? `Network ${letter}` : "Network"} data-network={name}>
      <h3>{letter && <span class="letter">{letter}</span>}<code>{name}</code></h3>
      {drawing ? <Drawn drawing={drawing} name={name} /> : <Bare row={row ?? {}} />}
    </article>
  );
}

/** A row whose network is not drawn: its figures. */
function Bare({ row }: { row: Record<string, unknown> }) {
  return (
    <dl class="facts">
      {Object.entries(row).filter(([key]) => key !== "stack").map(([key, value]) => (
        <div key={key}><dt>{wording(key).name}</dt><dd>{withUnit(value as Exact, wording(key).unit)}</dd></div>
      ))}
    </dl>
  );
}

function Drawn({ drawing, name }: { drawing: Drawing; name: string }) {
  const place = Math.min(axis.value, drawing.tensors[0]!.sizes.length - 1);
  return (
    <>
      <Totals drawing={drawing} />
      {drawing.document.findings.length > 0 && (
        <details class="findings"><summary>{drawing.document.findings.length === 1 ? "1 finding" : `${drawing.document.findings.length} findings`}</summary>
          <ul>{drawing.document.findings.map((line) => <li key={line}>{line}</li>)}</ul></details>
      )}
      <Volumes drawing={drawing} label={name} />
      <div class="figures">
        <Growth drawing={drawing} axis={place} label={name} />
        <Memory drawing={drawing} label={name} />
        <Layers drawing={drawing} label={name} />
        <Effective drawing={drawing} axis={place} label={name} />
      </div>
      <Source drawing={drawing} name={name} />
    </>
  );
}

const PLACES: [keyof ShowDocument, string, string][] = [
  ["input", "input", "pixels"],
  ["output_size", "output size", "pixels"],
  ["rf", "RF", "pixels"],
  ["rf_min", "RF, shortest path", "pixels"],
  ["jump", "jump", "pixels"],
  ["centre", "centre of output 0", "pixels"],
  ["padding_total", "effective padding", "pixels"],
];

function Totals({ drawing }: { drawing: Drawing }) {
  const shown = drawing.document;
  return (
    <dl class="facts">
      {PLACES.map(([key, text, unit]) => (
        <div key={key}><dt>{text}</dt><dd data-figure={key} data-value={String(shown[key])}>{figure(shown[key] as Figure)}{key === "input" ? `×${shown.input_channels}` : ` ${unit}`}</dd></div>
      ))}
      {Object.entries(shown.totals).map(([key, value]) => {
        const { name, unit } = wording(key);
        return <div key={key}><dt>{name}</dt><dd data-figure={key} data-value={String(value)} title={`${whole(value)} ${unit}`}>{short(value, unit)}{unit === "bytes" ? "" : ` ${unit === "multiply-accumulates" ? "" : unit}`}</dd></div>;
      })}
    </dl>
  );
}

function Source({ drawing, name }: { drawing: Drawing; name: string }) {
  const input = [drawing.tensors[0]!.sizes].map((sizes) => (new Set(sizes).size === 1 && sizes.length === 2 ? sizes[0] : sizes.length === 1 ? `1d:${sizes[0]}` : sizes.join("x")));
  const command = `rfsearch export '${drawing.notation ?? name}' --input ${input} --input-channels ${drawing.document.input_channels} --to torch`;
  const text = drawing.source?.torch;
  return (
    <details class="source" open={data.value?.kind === "show"}>
      <summary>Notation and torch code</summary>
      {drawing.notation && <div class="command"><pre tabIndex={0} aria-label="Notation">{drawing.notation}</pre><Copy text={drawing.notation} label="Copy the notation" /></div>}
      {text ? (
        <div class="command"><pre tabIndex={0} aria-label="Torch code">{text}</pre><Copy text={text} label="Copy the code" /></div>
      ) : drawing.source?.none ? (
        <p class="note">No code: {drawing.source.none}</p>
      ) : (
        <div class="command"><p class="note">This command writes it:</p><pre tabIndex={0} aria-label="Command that writes the code">{command}</pre><Copy text={command} label="Copy the command" /></div>
      )}
    </details>
  );
}

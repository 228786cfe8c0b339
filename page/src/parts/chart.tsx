/** The ground that charts share: their width, axes with units, and labelled choices. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { short, tick } from "../format";
import { coloured, ticks, type Scale } from "../scales";
import { wording } from "../state";

/** The width that an element has on the page, and its ref. */
export function useWidth(least = 280): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const watching = useRef<ResizeObserver | null>(null);
  const ref = (element: HTMLElement | null) => {
    if (!element || watching.current) return;
    setWidth(element.clientWidth);
    watching.current = new ResizeObserver(() => setWidth(element.clientWidth));
    watching.current.observe(element);
  };
  useEffect(() => () => watching.current?.disconnect(), []);
  return [ref, Math.max(width, least)];
}

export function title(cost: string): string {
  const { name, unit } = wording(cost);
  return unit && unit !== "bytes" ? `${name} (${unit})` : name;
}

interface AxisProps {
  scale: Scale;
  label: string;
  unit: string;
  length: number;
}

export function BottomAxis({ scale, label, unit, length, top }: AxisProps & { top: number }) {
  const [low = 0, high = 0] = scale.range();
  const shown = ticks(scale, Math.max(2, Math.floor(length / 90)), unit);
  return (
    <g class="axis" transform={`translate(0,${top})`}>
      <line x1={low} x2={high} />
      {shown.map((value) => (
        <g key={value} transform={`translate(${scale(value)},0)`}>
          <line y2="5" />
          <text y="18" text-anchor="middle">{tick(value, unit)}</text>
        </g>
      ))}
      <text class="label" x={(low + high) / 2} y="36" text-anchor="middle">{label}</text>
    </g>
  );
}

export function LeftAxis({ scale, label, unit, length, left }: AxisProps & { left: number }) {
  const [low = 0, high = 0] = scale.range();
  const shown = ticks(scale, Math.max(3, Math.floor(length / 50)), unit);
  return (
    <g class="axis" transform={`translate(${left},0)`}>
      <line y1={low} y2={high} />
      {shown.map((value) => (
        <g key={value} transform={`translate(0,${scale(value)})`}>
          <line x2="-5" />
          <text x="-8" dy="0.32em" text-anchor="end">{tick(value, unit)}</text>
        </g>
      ))}
      <text class="label" x={-left + 4} y={high - 10}>{label}</text>
    </g>
  );
}

/** The colours from the least to the greatest of some values. */
export function Ramp({ values, unit, log }: { values: number[]; unit: string; log: boolean }) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const colours = coloured(values, log);
  const at = (share: number) => (log ? low * (high / low) ** share : low + (high - low) * share);
  return (
    <>
      {short(low, unit)}
      <svg width="84" height="12" aria-hidden="true">
        {Array.from({ length: 12 }, (_, step) => <rect key={step} x={step * 7} width="7.5" height="12" fill={colours(at(step / 11))} />)}
      </svg>
      {short(high, unit)}
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: [string, string][];
}

/** A labelled list to choose from. */
export function Choice({ label, value, onChange, options }: ChoiceProps) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>{text}</option>
        ))}
      </select>
    </label>
  );
}

export function Tick(props: { label: string; on: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={props.on}
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}

export function Section(props: { id: string; heading: string; note?: string; children: ComponentChildren }) {
  return (
    <section id={props.id} aria-labelledby={`${props.id}-heading`}>
      <h2 id={`${props.id}-heading`}>{props.heading}</h2>
      {props.note && <p class="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

/** Copies a text, and says that it did. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState(label);
  useEffect(() => setSaid(label), [label]);
  const copy = async () => {
    setSaid((await written(text)) ? "Copied" : "Select the text and copy it");
    setTimeout(() => setSaid(label), 2000);
  };
  return (
    <button type="button" class="copy" onClick={copy} aria-live="polite">{said}</button>
  );
}

/** Whether the text is on the clipboard; pages from disk may only have the older way. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const held = document.createElement("textarea");
    held.value = text;
    document.body.append(held);
    held.select();
    const done = document.execCommand("copy");
    held.remove();
    return done;
  }
}

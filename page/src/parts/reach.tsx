/** Reach: every receptive field with its exact count, against the least (or greatest) of a cost. */

import { signal } from "@preact/signals";
import { line } from "d3-shape";
import { figure, numeric, short, whole } from "../format";
import { useEffect, useRef } from "preact/hooks";
import { coloured, isLog, placed } from "../scales";
import { logarithmic, wording } from "../state";
import type { Exact, Figure, ReachDocument, ReachRow } from "../types";
import { BottomAxis, Choice, LeftAxis, Ramp, Section, Tick, title, useWidth } from "./chart";

const MARGIN = { top: 30, right: 20, bottom: 44, left: 78 };
const picked = signal("");
const hovered = signal<ReachRow | null>(null);

/** Rows of the table on the page at once. */
const STEP = 500;
const listed = signal(STEP);

type Measure = [string, (row: ReachRow) => Exact | null | undefined];

function measures(rows: ReachRow[]): Map<string, Measure> {
  const found = new Map<string, Measure>();
  for (const side of ["least", "greatest"] as const) {
    for (const cost of Object.keys(rows[0]?.[side] ?? {})) found.set(`${side} ${cost}`, [cost, (row) => row[side]?.[cost]]);
  }
  found.set("matches", ["matches", (row) => row.matches ?? row.matches_at_least]);
  return found;
}

export function Reach({ answer }: { answer: ReachDocument }) {
  const [ref, width] = useWidth();
  const rows = answer.reach;
  const all = measures(rows);
  const name = all.has(picked.value) ? picked.value : all.has("least macs") ? "least macs" : [...all.keys()][0]!;
  const axes = Array.isArray(rows[0]?.rf) ? rows[0].rf.length : 1;
  if (rows.length === 0) return <Section id="reach" heading="Reach"><p>No receptive field can be reached.</p></Section>;
  const values = rows.map((row) => numeric(all.get(name)![1](row))).filter(Number.isFinite);
  return (
    <Section id="reach" heading={`Reach: ${whole(rows.length)} receptive fields`}>
      <div class="controls">
        <Choice label="shown" value={name} onChange={(v) => (picked.value = v)} options={[...all.keys()].map((key) => [key, labelled(key)])} />
        <Tick label="log" on={isLog(name, values)} disabled={values.some((one) => one <= 0)} onChange={(on) => (logarithmic.value = { ...logarithmic.value, [name]: on })} />
      </div>
      <div ref={ref} class="chart">{axes > 1 ? <Grid rows={rows} measure={all.get(name)!} name={name} width={width} /> : <Plot rows={rows} measure={all.get(name)!} name={name} width={width} height={320} />}</div>
      <p class="note" aria-live="polite">{hovered.value ? said(hovered.value, all.get(name)!, name) : "Point at the chart for its figures; the table has all of them."}</p>
      <Rows rows={rows} all={all} />
    </Section>
  );
}

function labelled(name: string): string {
  const [side, cost] = name.split(" ");
  return cost ? `${side} ${wording(cost).name}` : name;
}

function said(row: ReachRow, [cost, of]: Measure, name: string): string {
  return `RF ${figure(row.rf)}: ${row.matches !== null && row.matches !== undefined ? whole(row.matches) : `at least ${whole(row.matches_at_least ?? 0)}`} matches${name === "matches" ? "" : `, ${labelled(name)} ${short(of(row), wording(cost).unit)}`}`;
}

function place(rf: Figure, axis = 0): number {
  return numeric(Array.isArray(rf) ? rf[axis] : rf);
}

function Plot({ rows, measure, name, width, height }: { rows: ReachRow[]; measure: Measure; name: string; width: number; height: number }) {
  const [cost, of] = measure;
  const shown = rows.filter((row) => Number.isFinite(numeric(of(row))));
  const values = shown.map((row) => numeric(of(row)));
  const xs = placed(shown.map((row) => place(row.rf)), [MARGIN.left, width - MARGIN.right], false);
  const ys = placed(values, [height - MARGIN.bottom, MARGIN.top], isLog(name, values));
  const path = line<ReachRow>((row) => xs(place(row.rf)), (row) => ys(numeric(of(row))))(shown) ?? "";
  const nearest = (event: PointerEvent) => {
    const x = event.clientX - (event.currentTarget as SVGElement).getBoundingClientRect().left;
    const distance = (row: ReachRow) => Math.abs(xs(place(row.rf)) - x);
    hovered.value = shown.reduce((best, row) => (distance(row) < distance(best) ? row : best), shown[0]!);
  };
  const marked = hovered.value && Number.isFinite(numeric(of(hovered.value))) ? hovered.value : null;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${labelled(name)} of each receptive field`} onPointerMove={nearest}>
      <BottomAxis scale={xs} label="RF (pixels)" unit="pixels" length={width - MARGIN.left - MARGIN.right} top={height - MARGIN.bottom} />
      <LeftAxis scale={ys} label={name === "matches" ? "matches" : `${name.split(" ")[0]} ${title(cost)}`} unit={wording(cost).unit} length={height - MARGIN.top - MARGIN.bottom} left={MARGIN.left} />
      <path class="curve" d={path} />
      {/* One path of all dots: there may be thousands. */}
      <path class={shown.length > 80 ? "dots small" : "dots"} d={shown.map((row) => `M${xs(place(row.rf)).toFixed(1)} ${ys(numeric(of(row))).toFixed(1)}h0`).join("")} />
      {marked && <g class="ring chosen"><circle cx={xs(place(marked.rf))} cy={ys(numeric(of(marked)))} r="8" /></g>}
    </svg>
  );
}

/** Of two axes: a cell for each pair of RFs, coloured by the measure. */
function Grid({ rows, measure, name, width }: { rows: ReachRow[]; measure: Measure; name: string; width: number }) {
  const [cost, of] = measure;
  const surface = useRef<HTMLCanvasElement>(null);
  const shown = rows.filter((row) => Number.isFinite(numeric(of(row))));
  const height = Math.round(Math.min(460, width * 0.7));
  const values = shown.map((row) => numeric(of(row)));
  const log = isLog(name, values);
  const xs = placed(shown.map((row) => place(row.rf, 1)), [MARGIN.left, width - MARGIN.right], false);
  const ys = placed(shown.map((row) => place(row.rf, 0)), [height - MARGIN.bottom, MARGIN.top], false);
  useEffect(() => {
    const canvas = surface.current;
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen) return;
    const ratio = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    pen.scale(ratio, ratio);
    const colours = coloured(values, log);
    const [wide, tall] = [xs(step(shown, 1)) - xs(0), ys(0) - ys(step(shown, 0))];
    for (const row of shown) {
      pen.fillStyle = colours(numeric(of(row)));
      pen.fillRect(xs(place(row.rf, 1)) - wide / 2, ys(place(row.rf, 0)) - tall / 2, Math.max(wide, 1), Math.max(tall, 1));
    }
  }, [rows, name, width, log]);
  const nearest = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const distance = (row: ReachRow) => Math.hypot(xs(place(row.rf, 1)) - event.clientX + box.left, ys(place(row.rf, 0)) - event.clientY + box.top);
    hovered.value = shown.reduce((best, row) => (distance(row) < distance(best) ? row : best), shown[0]!);
  };
  const marked = hovered.value;
  const { unit } = wording(cost);
  return (
    <>
      <div class="parallel" style={{ width: `${width}px`, height: `${height}px` }}>
        <canvas ref={surface} style={{ width: `${width}px`, height: `${height}px` }} aria-hidden="true" />
        <svg width={width} height={height} role="img" aria-label={`${labelled(name)} of each pair of receptive fields`} onPointerMove={nearest}>
          <BottomAxis scale={xs} label="RF of the second axis (pixels)" unit="pixels" length={width - MARGIN.left - MARGIN.right} top={height - MARGIN.bottom} />
          <LeftAxis scale={ys} label="RF of the first axis (pixels)" unit="pixels" length={height - MARGIN.top - MARGIN.bottom} left={MARGIN.left} />
          {marked && <g class="ring"><circle cx={xs(place(marked.rf, 1))} cy={ys(place(marked.rf, 0))} r="8" /></g>}
        </svg>
      </div>
      <ul class="legend">
        <li>{labelled(name)} <Ramp values={values} unit={unit} log={log} /></li>
      </ul>
    </>
  );
}

/** The least distance between two RFs of an axis. */
function step(rows: ReachRow[], axis: number): number {
  const all = [...new Set(rows.map((row) => place(row.rf, axis)))].sort((a, b) => a - b);
  return all.slice(1).reduce((least, one, at) => Math.min(least, one - all[at]!), Infinity) || 1;
}

function Rows({ rows, all }: { rows: ReachRow[]; all: Map<string, Measure> }) {
  const names = [...all.keys()].filter((name) => name !== "matches");
  return (
    <>
    <div class="scrolls tall" tabIndex={0} role="region" aria-label="Table of receptive fields">
      <table>
        <thead>
          <tr><th scope="col" class="number">RF</th><th scope="col" class="number">matches</th>
            {names.map((name) => <th key={name} scope="col" class="number">{labelled(name)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.slice(0, listed.value).map((row) => (
            <tr key={String(row.rf)} data-rf={String(row.rf)}>
              <th scope="row" class="number">{figure(row.rf)}</th>
              <td class="number" data-value={String(row.matches ?? "")}>{row.matches !== null && row.matches !== undefined ? whole(row.matches) : `≥ ${whole(row.matches_at_least ?? 0)}`}</td>
              {names.map((name) => {
                const [cost, of] = all.get(name)!;
                const value = of(row);
                return <td key={name} class="number" data-column={name} data-value={String(value ?? "")}>{short(value, wording(cost).unit)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    {rows.length > listed.value && <p><button type="button" onClick={() => (listed.value += STEP)}>Show more: {whole(rows.length - listed.value)} left</button></p>}
    </>
  );
}

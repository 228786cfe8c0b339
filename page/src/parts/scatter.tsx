/** The networks on any two costs, two more as colour and size, over a sample of all matches. */

import { brush as d3brush, type D3BrushEvent } from "d3-brush";
import { select } from "d3-selection";
import { zoom as d3zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from "d3-zoom";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { numeric, short } from "../format";
import { knee, spread } from "../front";
import { coloured, isLog, placed, sized, type Scale } from "../scales";
import {
  brushed, choose, chosen, colourCost, columns, compared, data, frontCosts, items, kept, logarithmic,
  maximised, setBrush, sizeCost, thinned, varied, wording, xCost, yCost, type Item,
} from "../state";
import { BottomAxis, Choice, LeftAxis, Ramp, Section, Tick, title, useWidth } from "./chart";

const MARGIN = { top: 30, right: 16, bottom: 44, left: 78 };

/** Whether the sample is drawn; null leaves it to the page: where the networks still stand apart. */
const withSample = signal<boolean | null>(null);

export function Scatter() {
  const [ref, width] = useWidth();
  if (items.value.length === 0 || !xCost.value || !yCost.value) return null;
  const height = Math.round(Math.min(460, Math.max(300, width * 0.55)));
  return (
    <Section id="scatter" heading="Front and list">
      <Controls />
      <div ref={ref} class="chart">
        <Plot width={width} height={height} />
      </div>
      <Legend />
      <Picked />
    </Section>
  );
}

function Controls() {
  const options: [string, string][] = columns.value.map((name) => [name, wording(name).name]);
  const none: [string, string] = ["", "none"];
  const log = (cost: string) => isLog(cost, valuesOf(cost));
  const possible = (cost: string) => valuesOf(cost).every((one) => one > 0);
  const setLog = (cost: string, on: boolean) => (logarithmic.value = { ...logarithmic.value, [cost]: on });
  const front = items.value.filter((one) => one.front).length;
  return (
    <div class="controls">
      <Choice label="x axis" value={xCost.value} onChange={(v) => (xCost.value = v)} options={options} />
      <Tick label="log x" on={log(xCost.value)} disabled={!possible(xCost.value)} onChange={(on) => setLog(xCost.value, on)} />
      <Choice label="y axis" value={yCost.value} onChange={(v) => (yCost.value = v)} options={options} />
      <Tick label="log y" on={log(yCost.value)} disabled={!possible(yCost.value)} onChange={(on) => setLog(yCost.value, on)} />
      <Choice label="colour" value={colourCost.value} onChange={(v) => (colourCost.value = v)} options={[none, ...options]} />
      <Choice label="size" value={sizeCost.value} onChange={(v) => (sizeCost.value = v)} options={[none, ...options]} />
      {front > 10 && (
        <Choice
          label="of the front"
          value={String(thinned.value)}
          onChange={(v) => (thinned.value = Number(v))}
          options={[["0", `all ${front}`], ...[100, 50, 20, 10].filter((n) => n < front).map((n): [string, string] => [String(n), `${n} that spread`])]}
        />
      )}
      {(data.value?.sample.length ?? 0) > 0 && (
        <Tick label="a sample of all matches" on={sampleShown()} onChange={(on) => (withSample.value = on)} />
      )}
      {Object.keys(brushed.value).length > 0 && (
        <button type="button" onClick={() => (brushed.value = {})}>Clear the brush</button>
      )}
    </div>
  );
}

/** The cost of every network, and of the sample where that is drawn. */
function valuesOf(cost: string): number[] {
  return [...own(cost), ...(sampleShown() ? sampled(cost) : [])];
}

function own(cost: string): number[] {
  return items.value.map((one) => numeric(one.row[cost])).filter(Number.isFinite);
}

function sampled(cost: string): number[] {
  return (data.value?.sample ?? []).map((row) => numeric(row[cost])).filter(Number.isFinite);
}

function sampleShown(): boolean {
  if (!data.value?.sample.length) return false;
  return withSample.value ?? [xCost.value, yCost.value].every((cost) => share(cost) > 0.25);
}

/** How much of the sample's span the networks take, on the scale that would be drawn. */
function share(cost: string): number {
  const [inner, all] = [own(cost), [...own(cost), ...sampled(cost)]];
  const log = isLog(cost, all);
  const span = (values: number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return log ? Math.log(high / low) : high - low;
  };
  return span(inner) / (span(all) || 1);
}

/** The networks that the thinning leaves: others than the front's, and so many of the front. */
function thinnedItems(): Item[] {
  const front = items.value.filter((one) => one.front);
  const log = (cost: string) => isLog(cost, valuesOf(cost));
  const stays = spread(front, [xCost.value, yCost.value], thinned.value || Infinity, log);
  return items.value.filter((one) => !one.front || stays.has(one.key));
}

function Plot({ width, height }: { width: number; height: number }) {
  const [moved, setMoved] = useState<ZoomTransform>(zoomIdentity);
  const [x, y] = [xCost.value, yCost.value];
  const logs = logarithmic.value;
  const shown = useMemo(thinnedItems, [items.value, thinned.value, x, y, logs]);
  const [allX, allY] = useMemo(() => [valuesOf(x), valuesOf(y)], [items.value, x, y, logs, withSample.value]);
  const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  const xs = moved.rescaleX(placed(allX, [inner.left, inner.right], isLog(x, allX)) as never) as unknown as Scale;
  const ys = moved.rescaleY(placed(allY, [inner.bottom, inner.top], isLog(y, allY)) as never) as unknown as Scale;
  const surface = useRef<SVGSVGElement>(null);
  const zoomer = useZoom(surface, setMoved, width, height);
  useEffect(() => setMoved(zoomIdentity), [x, y]);
  return (
    <>
      <svg ref={surface} width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={`Networks by ${wording(x).name} and ${wording(y).name}`}>
        <defs>
          <clipPath id="scatter-clip">
            <rect x={inner.left} y={inner.top - 6} width={inner.right - inner.left + 6} height={inner.bottom - inner.top + 6} />
          </clipPath>
        </defs>
        <BottomAxis scale={xs} label={title(x)} unit={wording(x).unit} length={inner.right - inner.left} top={inner.bottom} />
        <LeftAxis scale={ys} label={title(y)} unit={wording(y).unit} length={inner.bottom - inner.top} left={inner.left} />
        <Brush xs={xs} ys={ys} inner={inner} x={x} y={y} />
        <g clip-path="url(#scatter-clip)">
          <Sample xs={xs} ys={ys} x={x} y={y} />
          <FrontLine shown={shown} xs={xs} ys={ys} x={x} y={y} />
          <Points shown={shown} xs={xs} ys={ys} x={x} y={y} />
        </g>
      </svg>
      <p class="zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoomer(1.5)}>+</button>
        <button type="button" aria-label="Zoom out" onClick={() => zoomer(1 / 1.5)}>{"\u2212"}</button>
        {moved !== zoomIdentity && <button type="button" onClick={() => zoomer(0)}>Whole</button>}
        <span class="note">drag to brush; pinch, or wheel with Ctrl, to zoom; arrow keys go from point to point</span>
      </p>
    </>
  );
}

function useZoom(
  surface: { current: SVGSVGElement | null },
  move: (to: ZoomTransform) => void,
  width: number,
  height: number,
): (factor: number) => void {
  const behaviour = useMemo(
    () =>
      d3zoom<SVGSVGElement, unknown>()
        .scaleExtent([1, 200])
        .translateExtent([[0, 0], [width, height]])
        .extent([[0, 0], [width, height]])
        .filter((event: Event) =>
          event.type === "wheel" ? (event as WheelEvent).ctrlKey || (event as WheelEvent).metaKey : "touches" in event && (event as TouchEvent).touches.length > 1,
        )
        .on("zoom", (event: D3ZoomEvent<SVGSVGElement, unknown>) => move(event.transform.k === 1 ? zoomIdentity : event.transform)),
    [width, height],
  );
  useEffect(() => {
    if (surface.current) select(surface.current).call(behaviour).on("dblclick.zoom", null);
  }, [behaviour]);
  return (factor) => {
    if (!surface.current) return;
    const held = select(surface.current);
    if (factor === 0) behaviour.transform(held, zoomIdentity);
    else behaviour.scaleBy(held, factor);
  };
}

interface PlotProps {
  xs: Scale;
  ys: Scale;
  x: string;
  y: string;
}

interface Inner {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A box drawn over the plot sets the range of both of its costs. */
function Brush({ xs, ys, x, y, inner }: PlotProps & { inner: Inner }) {
  const ground = useRef<SVGGElement>(null);
  const behaviour = useMemo(() => d3brush<unknown>(), []);
  const ranges = [brushed.value[x], brushed.value[y]];
  const own = useRef(false);
  useEffect(() => {
    if (!ground.current) return;
    behaviour
      .extent([[inner.left, inner.top], [inner.right, inner.bottom]])
      .on("end", (event: D3BrushEvent<unknown>) => {
        if (!event.sourceEvent || own.current) return;
        const box = event.selection as [[number, number], [number, number]] | null;
        setBrush(x, box && sortedPair(xs.invert(box[0][0]), xs.invert(box[1][0])));
        setBrush(y, box && sortedPair(ys.invert(box[0][1]), ys.invert(box[1][1])));
      });
    const held = select<SVGGElement, unknown>(ground.current);
    held.call(behaviour);
    own.current = true;
    const [over, along] = ranges;
    if (!over && !along) held.call(behaviour.move, null);
    else {
      const [left, right] = sortedPair(...bounds(over, xs, [inner.left, inner.right]));
      const [top, bottom] = sortedPair(...bounds(along, ys, [inner.top, inner.bottom]));
      held.call(behaviour.move, [[left, top], [right, bottom]]);
    }
    own.current = false;
  });
  return <g ref={ground} class="brush" />;
}

function bounds(range: [number, number] | undefined, scale: Scale, whole: [number, number]): [number, number] {
  if (!range) return whole;
  const clamp = (at: number) => Math.min(Math.max(at, Math.min(...whole)), Math.max(...whole));
  return [clamp(scale(range[0])), clamp(scale(range[1]))];
}

function sortedPair(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}

function Sample({ xs, ys, x, y }: PlotProps) {
  if (!sampleShown()) return null;
  const places = (data.value?.sample ?? [])
    .map((row) => [xs(numeric(row[x])), ys(numeric(row[y]))] as const)
    .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  // One path of all its dots: a thousand elements would be slow.
  const dots = places.map(([a, b]) => `M${a.toFixed(1)} ${b.toFixed(1)}h0`).join("");
  return <path class="sample" d={dots} />;
}

/** The steps between the points of a front of the two costs shown. */
function FrontLine({ shown, xs, ys, x, y }: PlotProps & { shown: Item[] }) {
  const costs = frontCosts.value;
  if (costs.length !== 2 || !costs.includes(x) || !costs.includes(y) || x === y) return null;
  const points = shown
    .filter((one) => one.front)
    .map((one) => [numeric(one.row[x]), numeric(one.row[y])] as const)
    .sort((a, b) => (maximised(x) ? b[0] - a[0] : a[0] - b[0]));
  const steps = points.map(([a, b], at) => (at === 0 ? `M${xs(a)} ${ys(b)}` : `H${xs(a)}V${ys(b)}`)).join("");
  return <path class="front-line" d={steps} />;
}

function Points({ shown, xs, ys, x, y }: PlotProps & { shown: Item[] }) {
  const colours = useMemo(() => colouring(), [items.value, colourCost.value, logarithmic.value]);
  const sizes = useMemo(
    () => (sizeCost.value ? sized(items.value.map((one) => numeric(one.row[sizeCost.value]))) : null),
    [items.value, sizeCost.value],
  );
  const log = (cost: string) => isLog(cost, valuesOf(cost));
  const bend = useMemo(() => knee(shown.filter((one) => one.front), x, y, log), [shown, x, y]);
  const order = useMemo(
    () => [...shown].sort((a, b) => numeric(a.row[x]) - numeric(b.row[x]) || numeric(a.row[y]) - numeric(b.row[y])),
    [shown, x, y],
  );
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const at = order.findIndex((one) => one.key === chosen.value);
    if (step === undefined) return;
    event.preventDefault();
    const next = order[Math.min(Math.max(at + step, 0), order.length - 1)];
    if (next) choose(next.key, event.shiftKey);
  };
  const onClick = (event: MouseEvent) => {
    const key = (event.target as SVGElement).getAttribute("data-key");
    if (key) choose(key, event.shiftKey);
  };
  const stay = kept.value;
  // Thousands of circles: made anew only where they change, not with every choice.
  const circles = useMemo(
    () =>
      // The front is drawn last, over what it beats.
      [...order].sort((a, b) => Number(a.front) - Number(b.front)).map((one) => (
          <circle
            key={one.key}
            data-key={one.key}
            class={`${colours ? "coloured" : one.front ? "of-front" : "of-list"}${stay.has(one.key) ? "" : " faded"}`}
            cx={xs(numeric(one.row[x]))}
            cy={ys(numeric(one.row[y]))}
            r={sizes ? sizes(numeric(one.row[sizeCost.value])) : one.front ? 5 : 4}
            style={colours ? { fill: colours(numeric(one.row[colourCost.value])) } : undefined}
          >
            <title>{`${one.key}\n${wording(x).name} ${short(one.row[x] as number, wording(x).unit)}, ${wording(y).name} ${short(one.row[y] as number, wording(y).unit)}`}</title>
          </circle>
        )),
    [order, stay, colours, sizes, x, y, `${xs.domain()} ${xs.range()} ${ys.domain()} ${ys.range()}`],
  );
  const name = chosen.value ? `chosen: ${chosen.value}` : "no network is chosen";
  return (
    <g class="points" tabindex={0} role="application" aria-label={`${order.length} networks; arrow keys choose; ${name}`} onKeyDown={onKey} onClick={onClick}>
      {circles}
      <Rings order={order} xs={xs} ys={ys} x={x} y={y} bend={bend} />
    </g>
  );
}

/** Rings around the chosen network, the one beside it, and the knee. */
function Rings({ order, xs, ys, x, y, bend }: PlotProps & { order: Item[]; bend: string }) {
  const rings = order
    .filter((one) => [chosen.value, compared.value, bend].includes(one.key))
    .map((one) => ({
      one,
      kind: one.key === chosen.value ? "chosen" : one.key === compared.value ? "compared" : "knee",
      text: [one.key === chosen.value && "A", one.key === compared.value && "B", one.key === bend && "knee"].filter(Boolean).join(", "),
    }));
  const places = rings.map(({ one }) => [xs(numeric(one.row[x])), ys(numeric(one.row[y]))] as const);
  return (
    <>
      {rings.map(({ one, kind, text }, at) => {
        const [a, b] = places[at]!;
        const left = a > xs.range()[1]! - 70;
        // Of rings beside each other the texts stand above each other.
        const near = places.slice(0, at).filter(([c, d]) => Math.abs(a - c) < 70 && Math.abs(b - d) < 24);
        const y = near.length ? Math.min(...near.map(([, d]) => d), b) - 8 - 14 * near.length : b - 8;
        return (
          <g key={one.key} class={`ring ${kind}`} pointer-events="none">
            <circle cx={a} cy={b} r="9" />
            <text x={left ? a - 13 : a + 13} y={y} text-anchor={left ? "end" : "start"}>{text}</text>
          </g>
        );
      })}
    </>
  );
}

function colouring(): ((value: number) => string) | null {
  const cost = colourCost.value;
  if (!cost || !varied.value.includes(cost)) return null;
  const values = items.value.map((one) => numeric(one.row[cost]));
  return coloured(values, isLog(cost, values));
}

/** Which networks are chosen, with the way to them. */
function Picked() {
  const letters: [string, string][] = [["A", chosen.value], ["B", compared.value]];
  return (
    <p class="picked" aria-live="polite">
      {letters.filter(([, key]) => key).map(([letter, key]) => (
        <a key={letter} href="#network"><span class={`letter ${letter}`}>{letter}</span><code>{key}</code></a>
      ))}
    </p>
  );
}

function Legend() {
  const cost = colourCost.value;
  const values = items.value.map((one) => numeric(one.row[cost])).filter(Number.isFinite);
  const sample = sampleShown() ? data.value!.sample.length : 0;
  const colours = colouring();
  return (
    <ul class="legend">
      {items.value.some((one) => one.front) && <li><svg width="16" height="12" aria-hidden="true"><circle class={colours ? "coloured" : "of-front"} cx="8" cy="6" r="5" /></svg> front</li>}
      {items.value.some((one) => !one.front) && <li><svg width="16" height="12" aria-hidden="true"><circle class={colours ? "coloured" : "of-list"} cx="8" cy="6" r="3.5" /></svg> list</li>}
      {sample > 0 && <li><svg width="16" height="12" aria-hidden="true"><path class="sample" d="M3 4h0M8 8h0M13 3h0" /></svg> {sample.toLocaleString("en")} drawn uniformly from all matches</li>}
      {colours && (
        <li>
          {wording(cost).name} <Ramp values={values} unit={wording(cost).unit} log={isLog(cost, values)} />
        </li>
      )}
    </ul>
  );
}

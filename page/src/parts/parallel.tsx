/** Parallel axes: a line for each network over three and more costs, brushed along any of them. */

import { brushY, type D3BrushEvent } from "d3-brush";
import { select } from "d3-selection";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { numeric, tick } from "../format";
import { isLog, placed, ticks, type Scale } from "../scales";
import { brushed, chosen, compared, items, kept, logarithmic, maximised, parallel, setBrush, varied, wording } from "../state";
import { theme } from "../theme";
import { Section, Tick, useWidth } from "./chart";

const TOP = 44;
const BOTTOM = 14;
const SIDE = 76;

export function Parallel() {
  const [ref, seen] = useWidth();
  const costs = parallel.value.filter((one) => varied.value.includes(one));
  if (items.value.length < 2 || varied.value.length < 2) return null;
  const width = Math.max(seen, costs.length * 96);
  const toggle = (cost: string, on: boolean) => {
    parallel.value = on ? [...parallel.value, cost] : parallel.value.filter((one) => one !== cost);
    if (!on) setBrush(cost, null);
  };
  return (
    <Section id="parallel" heading="All costs at once" note="Drag along an axis to keep what lies within; the scatter and the table follow.">
      <details class="axes-choice">
        <summary>Axes</summary>
        {varied.value.map((cost) => (
          <Tick key={cost} label={wording(cost).name} on={costs.includes(cost)} onChange={(on) => toggle(cost, on)} />
        ))}
      </details>
      <div ref={ref} class="chart scrolls" tabIndex={0} role="region" aria-label="Parallel axes">
        {costs.length > 0 && <Lines costs={costs} width={width} height={300} />}
      </div>
    </Section>
  );
}

function Lines({ costs, width, height }: { costs: string[]; width: number; height: number }) {
  const scales = useMemo(
    () =>
      costs.map((cost) => {
        const values = items.value.map((one) => numeric(one.row[cost]));
        return placed(values, [height - BOTTOM, TOP], isLog(cost, values));
      }),
    [items.value, costs.join(), logarithmic.value, height],
  );
  const at = (place: number) => (costs.length === 1 ? width / 2 : SIDE + (place * (width - 2 * SIDE)) / (costs.length - 1));
  return (
    <div class="parallel" style={{ width: `${width}px`, height: `${height}px` }}>
      <Canvas costs={costs} scales={scales} at={at} width={width} height={height} />
      <svg width={width} height={height} role="group" aria-label={`Costs ${costs.map((one) => wording(one).name).join(", ")}`}>
        {costs.map((cost, place) => (
          <g key={cost} transform={`translate(${at(place)},0)`}>
            <OneAxis cost={cost} scale={scales[place]!} height={height} />
          </g>
        ))}
      </svg>
    </div>
  );
}

function OneAxis({ cost, scale, height }: { cost: string; scale: Scale; height: number }) {
  const ground = useRef<SVGGElement>(null);
  const behaviour = useMemo(() => brushY<unknown>(), []);
  const own = useRef(false);
  const range = brushed.value[cost];
  useEffect(() => {
    if (!ground.current) return;
    behaviour
      .extent([[-12, TOP], [12, height - BOTTOM]])
      .on("end", (event: D3BrushEvent<unknown>) => {
        if (!event.sourceEvent || own.current) return;
        const span = event.selection as [number, number] | null;
        setBrush(cost, span && [scale.invert(span[1]), scale.invert(span[0])]);
      });
    const held = select<SVGGElement, unknown>(ground.current);
    held.call(behaviour);
    own.current = true;
    const clamp = (y: number) => Math.min(Math.max(y, TOP), height - BOTTOM);
    held.call(behaviour.move, range ? [clamp(scale(range[1])), clamp(scale(range[0]))] : null);
    own.current = false;
  });
  const { name, unit } = wording(cost);
  return (
    <g class="axis" data-cost={cost}>
      <line y1={TOP} y2={height - BOTTOM} />
      {ticks(scale, 5, unit).map((value) => (
        <g key={value} transform={`translate(0,${scale(value)})`}>
          <line x2="-5" />
          <text x="-8" dy="0.32em" text-anchor="end">{tick(value, unit)}</text>
        </g>
      ))}
      <text class="label" y="16" text-anchor="middle">{name}</text>
      <text y="32" text-anchor="middle" class="direction">{maximised(cost) ? "more is better" : unitWords(unit)}</text>
      <g ref={ground} class="brush" />
    </g>
  );
}

function unitWords(unit: string): string {
  return unit.replace("multiply-accumulates", "").replace("input pixels squared", "pixels²");
}

interface CanvasProps {
  costs: string[];
  scales: Scale[];
  at: (place: number) => number;
  width: number;
  height: number;
}

/** Thousands of lines are pixels, not elements; the faded ones lie below the kept ones. */
function Canvas({ costs, scales, at, width, height }: CanvasProps) {
  const surface = useRef<HTMLCanvasElement>(null);
  // Read while rendering, so that a change of any of them draws anew.
  const [all, stay, first, second] = [items.value, kept.value, chosen.value, compared.value];
  void theme.value;
  useEffect(() => {
    const canvas = surface.current;
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    pen.scale(ratio, ratio);
    const colours = getComputedStyle(canvas);
    const draw = (keys: (key: string) => boolean, colour: string, thick: number, alpha: number) => {
      pen.strokeStyle = colours.getPropertyValue(colour);
      pen.lineWidth = thick;
      pen.globalAlpha = alpha;
      for (const item of all) {
        if (!keys(item.key)) continue;
        pen.beginPath();
        costs.forEach((cost, place) => pen.lineTo(at(place), scales[place]!(numeric(item.row[cost]))));
        pen.stroke();
      }
    };
    const crowd = Math.max(0.08, Math.min(0.7, 40 / Math.max(stay.size, 1)));
    if (stay.size < all.length) draw((key) => !stay.has(key), "--faint", 1, 0.25);
    draw((key) => stay.has(key), "--line", 1.2, crowd);
    draw((key) => key === second, "--second", 3, 1);
    draw((key) => key === first, "--accent", 3, 1);
  });
  return <canvas ref={surface} style={{ width: `${width}px`, height: `${height}px` }} aria-hidden="true" />;
}

/** Memory over time: the tensors alive while each layer runs, the peak's by name. */

import { scaleLinear } from "d3-scale";
import { short, shortened, withUnit } from "../format";
import { LeftAxis, useWidth } from "../parts/chart";
import type { Drawing, Tensor } from "../types";
import { nameOf } from "./layout";

const MARGIN = { top: 26, right: 8, bottom: 20, left: 74 };

export function Memory({ drawing, label }: { drawing: Drawing; label: string }) {
  const [ref, width] = useWidth(260);
  const height = 210;
  const { tensors } = drawing;
  const totals = tensors.map((one) => one.alive.reduce((sum, _, at) => sum + held(drawing, one, at), 0));
  const most = Math.max(...totals);
  const peak = totals.indexOf(most);
  const ys = scaleLinear([0, most * 1.02], [height - MARGIN.bottom, MARGIN.top]);
  const step = (width - MARGIN.left - MARGIN.right) / tensors.length;
  return (
    <figure class="memory">
      <figcaption>Memory while each layer runs: tensors only</figcaption>
      <div ref={ref} class="chart">
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Memory over time of ${label}`}>
          <LeftAxis scale={ys as never} label="tensors alive" unit="bytes" length={height - MARGIN.top - MARGIN.bottom} left={MARGIN.left} />
          {tensors.map((tensor, number) => (
            <Bar key={number} drawing={drawing} number={number} x={MARGIN.left + number * step} wide={Math.max(step - Math.min(2, step / 4), 0.7)} ys={ys} peak={number === peak} title={`${nameOf(drawing, number)}: ${short(totals[number], "bytes")}: ${tensor.alive.map((one, at) => `${nameOf(drawing, one)} ${short(held(drawing, tensor, at), "bytes")}`).join(", ")}`} />
          ))}
          <text class="row" x={(MARGIN.left + width) / 2} y={height - 4} text-anchor="middle">in order of execution</text>
        </svg>
      </div>
      <ul class="legend">
        {["made", "read", "waiting"].filter((kind) => kind !== "waiting" || waits(drawing)).map((kind) => (
          <li key={kind}><svg class="bar" width="12" height="12" aria-hidden="true"><rect class={kind} width="12" height="12" /></svg>{KINDS[kind]}</li>
        ))}
      </ul>
      <p class="note">
        Peak <strong data-figure="peak" data-value={String(most)}>{withUnit(most, "bytes")}</strong> while {nameOf(drawing, peak)} runs:{" "}
        {tensors[peak]!.alive.map((one, at) => `${shortened(nameOf(drawing, one), 24)} ${short(held(drawing, tensors[peak]!, at), "bytes")}`).join(" + ")}
      </p>
    </figure>
  );
}

const KINDS: Record<string, string> = { made: "the layer's output", read: "its input", waiting: "kept for a later layer" };

/** Bytes of one of the tensors alive while another is made: of what runs in patches a part. */
function held(drawing: Drawing, tensor: Tensor, at: number): number {
  return tensor.held?.[at] ?? drawing.tensors[tensor.alive[at]!]!.bytes;
}

function waits(drawing: Drawing): boolean {
  return drawing.tensors.some((one, number) => one.alive.some((alive) => alive !== number && !one.from.includes(alive)));
}

interface BarProps {
  drawing: Drawing;
  number: number;
  x: number;
  wide: number;
  ys: (value: number) => number;
  peak: boolean;
  title: string;
}

function Bar({ drawing, number, x, wide, ys, peak, title }: BarProps) {
  let below = 0;
  const tensor = drawing.tensors[number]!;
  return (
    <g class={peak ? "bar peak" : "bar"}>
      <title>{title}</title>
      {tensor.alive.map((one, at) => {
        const from = below;
        below += held(drawing, tensor, at);
        const kind = one === number ? "made" : tensor.from.includes(one) ? "read" : "waiting";
        return <rect key={one} class={kind} x={x} width={wide} y={ys(below)} height={Math.max(ys(from) - ys(below), 0)} />;
      })}
    </g>
  );
}

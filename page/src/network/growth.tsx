/** RF growing layer by layer: what the middle output of each layer sees of the input. */

import { scaleLinear } from "d3-scale";
import { figure, shortened, whole } from "../format";
import { BottomAxis, useWidth } from "../parts/chart";
import type { Drawing, Figure } from "../types";
import { nameOf } from "./layout";

const ROW = 18;
const LEFT = 124;
const RIGHT = 66;

export function Growth({ drawing, axis, label }: { drawing: Drawing; axis: number; label: string }) {
  const [ref, width] = useWidth(260);
  const shown = drawing.tensors.map((_, number) => number).slice(1, drawing.features + 1);
  const n = drawing.tensors[0]!.sizes[axis]!;
  const boxes = shown.map((number) => drawing.tensors[number]!.middle[axis]!);
  const xs = scaleLinear(
    [Math.min(0, ...boxes.map(([first]) => first)), Math.max(n, ...boxes.map(([, last]) => last + 1))],
    [LEFT, width - RIGHT],
  );
  const height = shown.length * ROW + 6;
  return (
    <figure>
      <figcaption>Receptive field of the middle output, layer by layer (pixels)</figcaption>
      <div ref={ref} class="chart scrolls high" tabIndex={0} role="region" aria-label={`Receptive fields of ${label}`}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Receptive fields of the layers of ${label}`}>
          <rect class="ground" x={xs(0)} width={xs(n) - xs(0)} y="0" height={height} />
          {shown.map((number, row) => {
            const [first, last] = boxes[row]!;
            const y = row * ROW + 3;
            return (
              <g key={number}>
                <title>{`${drawing.tensors[number]!.layer}: pixels ${whole(first)} to ${whole(last)}`}</title>
                <text class="row" x={LEFT - 8} y={y + 10} text-anchor="end">{shortened(nameOf(drawing, number), 16)}</text>
                <rect class="seen" x={xs(first)} width={Math.max(xs(last + 1) - xs(first), 1.5)} y={y} height={ROW - 6} />
                <text class="row" x={width - RIGHT + 8} y={y + 10}>{rfOf(drawing.tensors[number]!.rf, axis)}</text>
              </g>
            );
          })}
        </svg>
      </div>
      {/* Outside of what scrolls, so that it is seen beside every layer. */}
      <svg width={width} height="44" viewBox={`0 0 ${width} 44`} aria-hidden="true" class="below">
        <BottomAxis scale={xs as never} label={`input 0–${whole(n - 1)} shaded; beyond it is padding`} unit="pixels" length={width - LEFT - RIGHT} top={0} />
      </svg>
    </figure>
  );
}

function rfOf(rf: Figure | undefined, axis: number): string {
  return figure(Array.isArray(rf) ? rf[axis] : rf);
}

/** Layers drawn as volumes: height and depth are positions, width is channels. */

import { shortened, withUnit } from "../format";
import type { Drawing } from "../types";
import { groupOf, layout, nameOf, shapeOf, type Place } from "./layout";

const COLUMN = 86;
const TALLEST = 62;
const LANE = 128;
const TOP = 34;

const GROUPS = { convolution: "convolution", pool: "pool", join: "sum, product, concatenation", dense: "fully connected", other: "other" };

interface Shape {
  x: number;
  y: number;
  wide: number;
  tall: number;
  back: number;
}

/** The box of each tensor; `y` is the middle of its lane. */
function shapes(drawing: Drawing, places: Place[]): Shape[] {
  const longest = Math.max(...drawing.tensors.flatMap((one) => one.sizes));
  const widest = Math.max(...drawing.tensors.map((one) => one.channels));
  const tall = (n: number) => Math.max(3, TALLEST * Math.sqrt(n / longest));
  return drawing.tensors.map((one, number) => {
    const face = one.sizes.slice(-2);
    const { column, lane } = places[number]!;
    return {
      x: 34 + column * COLUMN,
      y: TOP + lane * LANE + TALLEST / 2 + 14,
      wide: Math.max(3, 26 * Math.sqrt(one.channels / widest)),
      tall: tall(face[0] ?? 1),
      back: face.length > 1 ? tall(face[1]!) * 0.3 : 0,
    };
  });
}

export function Volumes({ drawing, label }: { drawing: Drawing; label: string }) {
  const places = layout(drawing);
  const boxes = shapes(drawing, places);
  const width = 68 + Math.max(...places.map((one) => one.column)) * COLUMN + 20;
  const height = TOP + (Math.max(...places.map((one) => one.lane)) + 1) * LANE;
  const groups = new Set(drawing.tensors.map((one) => groupOf(one.op)));
  return (
    <figure>
      <figcaption>Layers as volumes: positions × channels</figcaption>
      <div class="scrolls" tabIndex={0} role="region" aria-label={`Volumes of ${label}`}>
        <svg class="volumes" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${drawing.tensors.length} tensors of ${label}`}>
          {drawing.tensors.flatMap((tensor, number) =>
            tensor.from.map((source, at) => <Edge key={`${source} ${number} ${at}`} from={source} to={number} places={places} boxes={boxes} />),
          )}
          {drawing.tensors.map((_, number) => <Box key={number} drawing={drawing} number={number} shape={boxes[number]!} />)}
        </svg>
      </div>
      <ul class="legend">
        {Object.entries(GROUPS).filter(([key]) => groups.has(key as never)).map(([key, text]) => (
          <li key={key}><svg width="12" height="12" aria-hidden="true"><rect class={`face ${key}`} width="12" height="12" /></svg>{text}</li>
        ))}
      </ul>
    </figure>
  );
}

function Box({ drawing, number, shape }: { drawing: Drawing; number: number; shape: Shape }) {
  const { x, y, wide, tall, back } = shape;
  const [left, right, top] = [x - wide / 2, x + wide / 2, y - tall / 2];
  const tensor = drawing.tensors[number]!;
  const group = groupOf(tensor.op);
  const features = number === drawing.features ? " features" : "";
  return (
    <g class={`volume${features}`}>
      <title>{`${tensor.layer}: ${shapeOf(drawing, number)}, ${withUnit(tensor.bytes, "bytes")}`}</title>
      {back > 0 && <path class={`side ${group}`} d={`M${left} ${top}l${back} ${-back}h${wide}v${tall}l${-back} ${back}`} />}
      {back > 0 && <path class="edge" d={`M${right} ${top}l${back} ${-back}`} />}
      <rect class={`face ${group}`} x={left} y={top} width={wide} height={tall} />
      <text x={x} y={y + TALLEST / 2 + 16} text-anchor="middle">{shortened(nameOf(drawing, number), 11)}</text>
      <text class="shape" x={x} y={y + TALLEST / 2 + 29} text-anchor="middle">{shapeOf(drawing, number)}</text>
    </g>
  );
}

/** An edge: straight to the next tensor, an arc over those that a skip leaves out. */
function Edge({ from, to, places, boxes }: { from: number; to: number; places: Place[]; boxes: Shape[] }) {
  const [a, b] = [boxes[from]!, boxes[to]!];
  const [one, other] = [places[from]!, places[to]!];
  const [x1, x2] = [a.x + a.wide / 2 + a.back / 2, b.x - b.wide / 2];
  if (one.lane === other.lane && other.column - one.column > 1) {
    const over = Math.min(a.y, b.y) - TALLEST / 2 - 12;
    const rise = over - Math.min(16, 3 * (other.column - one.column));
    return <path class="wire" d={`M${a.x} ${a.y - a.tall / 2}C${a.x} ${rise} ${b.x} ${rise} ${b.x} ${b.y - b.tall / 2 - b.back}`} />;
  }
  const bend = Math.min(30, (x2 - x1) / 2);
  return <path class="wire" d={`M${x1} ${a.y}C${x1 + bend} ${a.y} ${x2 - bend} ${b.y} ${x2} ${b.y}`} />;
}

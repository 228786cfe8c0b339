/** The effective RF within the theoretical box, and how much each input position counts in all. */

import { scaleLinear } from "d3-scale";
import { area } from "d3-shape";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { percent, short, whole } from "../format";
import { marginal, refusal, response, total, type Response } from "../impulse";
import { BottomAxis, useWidth } from "../parts/chart";
import { coloured } from "../scales";
import type { Drawing } from "../types";

/** Cells on a side of the picture; larger responses are summed into so many. */
const CELLS = 192;

/** Room beside a profile for half of a tick's figure. */
const SIDE = 24;

const NAMES = [["position"], ["rows", "columns"], ["frames", "rows", "columns"]];
export const axisName = (axes: number, axis: number): string => NAMES[axes - 1]?.[axis] ?? `axis ${axis + 1}`;

export function Effective({ drawing, axis, label }: { drawing: Drawing; axis: number; label: string }) {
  const why = refusal(drawing);
  const found = useMemo(() => (why ? null : response(drawing, "middle")), [drawing, why]);
  const all = useMemo(() => (why ? null : response(drawing, "all")), [drawing, why]);
  if (!found?.profiles.length || !all) {
    const large = "the input is too large to follow a branching network back in a page";
    return <figure class="effective"><figcaption>Effective receptive field</figcaption><p class="note">Not drawn: {why || large}.</p></figure>;
  }
  const box = drawing.tensors[drawing.features]!.middle;
  const several = drawing.tensors[0]!.sizes.length > 1;
  return (
    <>
      <figure class="effective" data-network={label}>
        <figcaption>Effective receptive field of the middle output: impulse response with uniform weights</figcaption>
        {several && found.values && <Picture found={found} box={box} label={label} />}
        <Profile values={found.profiles[axis]!} box={box[axis]!} label={`weight of each input position, ${axisName(found.sizes.length, axis)}`} />
        <p class="note">{described(found, box, axis)}</p>
      </figure>
      <figure class="coverage">
        <figcaption>Coverage: how much each input position counts in all outputs together</figcaption>
        <Profile values={all.profiles[axis]!} box={null} label={`summed weight, ${axisName(all.sizes.length, axis)}`} />
        <p class="note">{covered(all.profiles[axis]!)}</p>
      </figure>
    </>
  );
}

function described(found: Response, box: [number, number][], axis: number): string {
  const profile = found.profiles[axis]!;
  const sum = total(profile);
  const [first, last] = box[axis]!;
  const mean = profile.reduce((all, one, at) => all + one * at, 0) / sum;
  const deviation = Math.sqrt(profile.reduce((all, one, at) => all + one * (at - mean) ** 2, 0) / sum);
  const quarter = (last - first + 1) / 4;
  const middle = profile.reduce((all, one, at) => all + (at >= first + quarter && at <= last - quarter ? one : 0), 0);
  const inside = Array.from(profile).slice(Math.max(first, 0), Math.max(last, -1) + 1);
  const holes = inside.filter((one) => one === 0).length;
  return (
    `Standard deviation ${short(Number(deviation.toPrecision(3)))} pixels; ${percent(middle / sum)} of the weight lies in the ` +
    `middle half of the box of ${whole(last - first + 1)} pixels. ` +
    (holes ? `Holes: ${whole(holes)} positions of the box within the input have no weight.` : "No holes: every position of the box within the input counts.")
  );
}

function covered(profile: Float64Array): string {
  const unseen = profile.filter((one) => one === 0).length;
  const seen = Array.from(profile).filter((one) => one > 0);
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const range = `The most counting position counts ${short(Number((most / least).toPrecision(3)))} times the least.`;
  return unseen ? `${whole(unseen)} of ${whole(profile.length)} positions reach no output. ${range}` : `Every position reaches an output. ${range}`;
}

/** The response as a picture: the input's area, the box as a frame. */
function Picture({ found, box, label }: { found: Response; box: [number, number][]; label: string }) {
  const surface = useRef<HTMLCanvasElement>(null);
  const axes = found.sizes.length;
  const [rows, columns] = found.sizes.slice(-2) as [number, number];
  const cells = useMemo(() => binned(found), [found]);
  const [tall, wide] = [Math.min(rows, CELLS), Math.min(columns, CELLS)];
  useEffect(() => {
    const pen = surface.current?.getContext("2d");
    if (!pen) return;
    const most = cells.reduce((a, b) => Math.max(a, b), 0) || 1;
    const colours = coloured([0, 1], false);
    const table = Array.from({ length: 256 }, (_, at) => colours(at / 255).match(/\d+/g)!.map(Number));
    const image = pen.createImageData(wide, tall);
    cells.forEach((value, at) => {
      const colour = table[Math.round(255 * Math.sqrt(Math.max(value, 0) / most))] ?? [0, 0, 0];
      image.data.set([...colour.slice(0, 3), 255] as number[], at * 4);
    });
    pen.putImageData(image, 0, 0);
  }, [cells]);
  const [[top, bottom], [left, right]] = box.slice(-2) as [[number, number], [number, number]];
  const around = [Math.min(0, left), Math.min(0, top), Math.max(columns, right + 1), Math.max(rows, bottom + 1)] as const;
  const scale = Math.min(300 / (around[2] - around[0]), 300 / (around[3] - around[1]));
  const [width, height] = [(around[2] - around[0]) * scale, (around[3] - around[1]) * scale];
  const place = { left: `${-around[0] * scale}px`, top: `${-around[1] * scale}px`, width: `${columns * scale}px`, height: `${rows * scale}px` };
  return (
    <>
    <div class="picture" style={{ width: `${width}px`, height: `${height}px` }} role="img" aria-label={`Effective receptive field of ${label} within its box`}>
      <canvas ref={surface} width={wide} height={tall} style={place} />
      <svg width={width} height={height} aria-hidden="true">
        <rect class="input-frame" x={-around[0] * scale + 0.5} y={-around[1] * scale + 0.5} width={columns * scale - 1} height={rows * scale - 1} />
        <rect class="box-frame" x={(left - around[0]) * scale + 1} y={(top - around[1]) * scale + 1} width={(right - left + 1) * scale - 2} height={(bottom - top + 1) * scale - 2} />
      </svg>
    </div>
    <p class="note">Colour by the root of the weight{axes > 2 ? ", summed over frames" : ""}; grey frame: input; orange, dashed: theoretical box.</p>
    </>
  );
}

/** The last two axes, in at most CELLS by CELLS cells. */
function binned(found: Response): Float64Array {
  const [rows, columns] = found.sizes.slice(-2) as [number, number];
  const values = found.sizes.length === 3 ? planes(found.values!, rows * columns) : found.values!;
  const [tall, wide] = [Math.min(rows, CELLS), Math.min(columns, CELLS)];
  const cells = new Float64Array(tall * wide);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = Math.floor((row * tall) / rows) * wide + Math.floor((column * wide) / columns);
      cells[at]! += values[row * columns + column]!;
    }
  }
  return cells;
}

function planes(values: Float64Array, size: number): Float64Array {
  return marginal(values, [values.length / size, size], 1);
}

function Profile({ values, box, label }: { values: Float64Array; box: [number, number] | null; label: string }) {
  const [ref, width] = useWidth(260);
  const height = 150;
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const [low, high] = box ? [Math.min(0, box[0]), Math.max(values.length, box[1] + 1)] : [0, values.length];
  const xs = scaleLinear([low, high], [SIDE, width - SIDE]);
  const ys = scaleLinear([0, most], [height - 44, 8]);
  // Steps: a position has one weight from its left edge to its right.
  const points = Array.from(values).flatMap((value, at): [number, number][] => [[at, value], [at + 1, value]]);
  const shape = area<[number, number]>((one) => xs(one[0]), ys(0), (one) => ys(one[1]))(points) ?? "";
  return (
    <div ref={ref} class="chart">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        <rect class="ground" x={xs(0)} width={xs(values.length) - xs(0)} y="4" height={height - 48} />
        <path class="profile" d={shape} />
        {box && <path class="box-frame" d={`M${xs(box[0])} 4V${height - 44}M${xs(box[1] + 1)} 4V${height - 44}`} />}
        <BottomAxis scale={xs as never} label={`${label} (input pixels)`} unit="pixels" length={width - 2 * SIDE} top={height - 44} />
      </svg>
    </div>
  );
}

/**
 * The exact impulse response with uniform weights (Luo et al. 2016): every window averages, so the
 * response is what a gradient is where all weights are 1 / (taps · input channels). It is followed
 * back from one output, or from all, within the input's borders; what falls on padding is lost.
 */

import type { Along, Drawing, Tensor } from "./types";

/** Positions of a dense array that a page goes through without a noticeable wait. */
const LARGEST = 3_000_000;

export interface Response {
  sizes: number[];
  /** Row by row; null where the array would be too large. */
  values: Float64Array | null;
  /** For each axis the sum over all others; none of a branching network that is too large. */
  profiles: Float64Array[];
}

/** Why a network has no impulse response; "" where it has one. */
export function refusal(drawing: Drawing): string {
  const mixes = drawing.tensors.some(
    (one) => one.along === "mix" || (Array.isArray(one.along) && one.along.includes("mix")),
  );
  return mixes ? "some weights depend on the input (attention), so that there is none" : "";
}

/** The response of the middle output before the head, or of all of its outputs together. */
export function response(drawing: Drawing, outputs: "middle" | "all"): Response {
  const sizes = drawing.tensors[0]!.sizes;
  const end = drawing.tensors[drawing.features]!;
  const ones = end.sizes.map((n) => start(n, outputs));
  if (chained(drawing)) {
    const alone = sizes.map((_, axis) => back(drawing, ones[axis]!, [axis]));
    const profiles = alone.map((one, axis) => {
      const others = product(alone.filter((_, at) => at !== axis).map(total));
      return one.map((value) => value * others);
    });
    return { sizes, profiles, values: product(sizes) <= LARGEST ? outer(alone) : null };
  }
  if (product(sizes) > LARGEST) return { sizes, profiles: [], values: null };
  const values = back(drawing, outer(ones), sizes.map((_, axis) => axis));
  return { sizes, values, profiles: sizes.map((_, axis) => marginal(values, sizes, axis)) };
}

function start(n: number, outputs: "middle" | "all"): Float64Array {
  const found = new Float64Array(n);
  if (outputs === "all") return found.fill(1);
  found[Math.floor((n - 1) / 2)] = 1;
  return found;
}

/** Whether it is one chain, whose response is the product of those along its axes. */
function chained(drawing: Drawing): boolean {
  return drawing.tensors.slice(1, drawing.features + 1).every((one, at) => one.from.length === 1 && one.from[0] === at);
}

/** Follow `ones`, an array over the chosen axes of the features, back to the input. */
function back(drawing: Drawing, ones: Float64Array, axes: number[]): Float64Array {
  const held: (Float64Array | null)[] = drawing.tensors.map(() => null);
  held[drawing.features] = ones;
  for (let number = drawing.features; number > 0; number -= 1) {
    const values = held[number];
    if (!values) continue;
    held[number] = null;
    const tensor = drawing.tensors[number]!;
    for (const [source, weight] of shares(tensor, drawing)) {
      const before = through(tensor, drawing.tensors[source]!, values, axes);
      const known = held[source];
      if (!known && weight === 1) held[source] = before === values ? values.slice() : before;
      else {
        const sum = known ?? new Float64Array(before.length);
        for (let at = 0; at < sum.length; at += 1) sum[at]! += weight * before[at]!;
        held[source] = sum;
      }
    }
  }
  return held[0] ?? new Float64Array(product(axes.map((axis) => drawing.tensors[0]!.sizes[axis]!)));
}

/**
 * The operands that a response passes to, and its share. A concatenation's next layer averages over
 * all channels; a gate (a tensor of one position beside a larger one) is taken as it stands.
 */
function shares(tensor: Tensor, drawing: Drawing): [number, number][] {
  if (tensor.op === "|") {
    return tensor.from.map((one) => [one, drawing.tensors[one]!.channels / tensor.channels]);
  }
  if (tensor.op !== "*") return tensor.from.map((one) => [one, 1]);
  const area = product(tensor.sizes);
  const open = tensor.from.filter((one) => product(drawing.tensors[one]!.sizes) === area);
  return open.map((one) => [one, 1]);
}

function through(tensor: Tensor, source: Tensor, values: Float64Array, axes: number[]): Float64Array {
  const shape = axes.map((axis) => tensor.sizes[axis]!);
  let found = values;
  axes.forEach((axis, place) => {
    const along = tensor.along === null || tensor.along === "mix" ? null : tensor.along[axis]!;
    const n = source.sizes[axis]!;
    if (along === null && n === shape[place]) return;
    found = oneAxis(found, shape, place, n, along);
    shape[place] = n;
  });
  return found;
}

/** The transpose of one operation along one axis of an array of this shape. */
function oneAxis(
  values: Float64Array,
  shape: number[],
  place: number,
  n: number,
  along: Along | null,
): Float64Array {
  const inner = product(shape.slice(place + 1));
  const outerCount = product(shape.slice(0, place));
  const m = shape[place]!;
  const found = new Float64Array(outerCount * n * inner);
  for (let output = 0; output < m; output += 1) {
    for (const [at, weight] of reads(along, output, n)) {
      for (let block = 0; block < outerCount; block += 1) {
        const from = (block * m + output) * inner;
        const to = (block * n + at) * inner;
        for (let lane = 0; lane < inner; lane += 1) found[to + lane]! += weight * values[from + lane]!;
      }
    }
  }
  return found;
}

/** The positions inside the input that an output reads, with their weights. */
function* reads(along: Along | null, output: number, n: number): Generator<[number, number]> {
  if (along === null) yield [0, 1]; // a tensor of one position, spread over all
  else if (along === "whole") {
    for (let at = 0; at < n; at += 1) yield [at, 1 / n];
  } else if (Array.isArray(along)) {
    const [kernel, stride, before, , dilation] = along;
    for (let tap = 0; tap < kernel; tap += 1) {
      const at = output * stride - before + tap * dilation;
      if (at >= 0 && at < n) yield [at, 1 / kernel];
    }
  } else if (along !== "mix") yield* along.taps[output] ?? [];
}

function outer(parts: Float64Array[]): Float64Array {
  return parts.reduce((all, one) => {
    const found = new Float64Array(all.length * one.length);
    for (let a = 0; a < all.length; a += 1) {
      for (let b = 0; b < one.length; b += 1) found[a * one.length + b] = all[a]! * one[b]!;
    }
    return found;
  });
}

/** The sum over every axis but one. */
export function marginal(values: Float64Array, sizes: number[], axis: number): Float64Array {
  const inner = product(sizes.slice(axis + 1));
  const n = sizes[axis]!;
  const found = new Float64Array(n);
  for (let at = 0; at < values.length; at += 1) found[Math.floor(at / inner) % n]! += values[at]!;
  return found;
}

export function total(values: Float64Array): number {
  return values.reduce((sum, one) => sum + one, 0);
}

export function product(numbers: number[]): number {
  return numbers.reduce((all, one) => all * one, 1);
}

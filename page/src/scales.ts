/** Scales of charts: linear or logarithmic places, and colours that the colour-blind tell apart. */

import { extent, range } from "d3-array";
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from "d3-scale";
import { logarithmic } from "./state";

export type Scale = ScaleContinuousNumeric<number, number>;

// Cividis (Nuñez, Anderton, Renslow 2018), made to look alike with and without colour blindness.
const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

/** Whether values span so much that a log scale tells them apart better. */
export function isWide(values: number[]): boolean {
  const [low = 0, high = 0] = extent(values);
  return low > 0 && high / low > 30;
}

export function isLog(cost: string, values: number[]): boolean {
  const possible = values.every((one) => one > 0);
  return possible && (logarithmic.value[cost] ?? isWide(values));
}

/** A scale over the values with a little room at both ends. */
export function placed(values: number[], range: [number, number], log: boolean): Scale {
  const [low = 0, high = 1] = extent(values.filter(Number.isFinite));
  if (log) {
    const room = (high / low) ** 0.04 || 1;
    return scaleLog(low === high ? [low / 1.1, high * 1.1] : [low / room, high * room], range);
  }
  const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  return scaleLinear([low - room, high + room], range);
}

export function coloured(values: number[], log: boolean): (value: number) => string {
  const place = placed(values, [0, CIVIDIS.length - 1], log);
  const colours = scaleLinear<string>(CIVIDIS.map((_, at) => at), CIVIDIS).clamp(true);
  return (value) => colours(place(value));
}

export function sized(values: number[]): (value: number) => number {
  const [low = 0, high = 1] = extent(values);
  return (value) => (high === low ? 4.5 : 3 + 6 * Math.sqrt((value - low) / (high - low)));
}

/** At most some `count` ticks at round figures of the unit: MiB of bytes, whole layers. */
export function ticks(scale: Scale, count: number, unit = ""): number[] {
  const [low = 0, high = 1] = scale.domain();
  const even = unit === "bytes" ? evenBytes(low, high, count) : scaleLinear([low, high], [0, 1]).ticks(count);
  if ("base" in scale) {
    const powers = unit === "bytes" ? powersOfTwo(low, high) : roundPowers(low, high);
    const shown = thinner(powers, count);
    if (shown.length > 2) return shown;
  }
  return WHOLE.has(unit) ? even.filter(Number.isInteger) : even;
}

// Of these there is no half.
const WHOLE = new Set(["layers", "pixels", "stacks", "changes"]);

/** Round figures of the unit; where some are below one of it, multiples of a power of two, round in both units. */
function evenBytes(low: number, high: number, count: number): number[] {
  const unit = 1024 ** Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high), 1)) / 10);
  const round = scaleLinear([low / unit, high / unit], [0, 1]).ticks(count);
  if (round.every((one) => one === 0 || Math.abs(one) >= 1)) return round.map((one) => one * unit);
  const step = 2 ** Math.round(Math.log2((high - low) / count));
  return range(Math.ceil(low / step), Math.floor(high / step) + 1).map((at) => at * step);
}

function powersOfTwo(low: number, high: number): number[] {
  const first = Math.ceil(Math.log2(low));
  return Array.from({ length: Math.floor(Math.log2(high)) - first + 1 }, (_, at) => 2 ** (first + at));
}

/** 1, 2 and 5 times the powers of ten. */
function roundPowers(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const digit of [1, 2, 5]) found.push(Number(`${digit}e${power}`));
  }
  return found.filter((one) => one >= low && one <= high);
}

function thinner(values: number[], count: number): number[] {
  const step = Math.ceil(values.length / Math.max(count, 1));
  return values.filter((_, at) => at % step === 0);
}

/** Figures as people read them: the same forms as the terminal's. */

import type { Exact, Figure } from "./types";

export const MINUS = "\u2212";

/** 60853070827 as 60,853,070,827; decimal strings as exactly. */
export function whole(value: Exact): string {
  const text = String(value).replace("-", MINUS);
  const [head = "", ...tail] = text.split(".");
  return [head.replace(/\B(?=(\d{3})+$)/g, ","), ...tail].join(".");
}

/** A figure with one entry an axis as 64×20. */
export function figure(value: Figure | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.map(whole).join("×");
  return whole(value);
}

/** Four significant digits, or all of a whole number below 100,000. */
function digits(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 100_000) return whole(value);
  if (Math.abs(value) >= 1_000) return whole(Math.round(value));
  const text = value.toPrecision(4);
  return whole(text.includes("e") ? value.toExponential(3) : text);
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DECIMAL = ["", "K", "M", "G", "T", "P", "E"];

/** 645831872 multiply-accumulates as "645.8 M", 2392684 bytes as "2.282 MiB". */
export function short(value: Exact | null | undefined, unit = ""): string {
  if (value === null || value === undefined) return "–";
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  if (unit === "bytes") return scaled(number, 1024, BINARY);
  if (Math.abs(number) < 100_000) return digits(number);
  return scaled(number, 1000, DECIMAL);
}

function scaled(number: number, step: number, names: string[]): string {
  let power = 0;
  let left = number;
  while (Math.abs(left) >= step * 0.99995 && power < names.length - 1) {
    left /= step;
    power += 1;
  }
  if (power === names.length - 1 && Math.abs(left) >= 10_000) return left.toExponential(3);
  return `${digits(left)} ${names[power]}`.trim();
}

/** The short form with its unit in words where it has none of its own. */
export function withUnit(value: Exact | null | undefined, unit: string): string {
  const text = short(value, unit);
  return unit === "bytes" || unit === "" || text === "–" ? text : `${text} ${unit}`;
}

/** The short form without needless zeros, for a tick of an axis. */
export function tick(value: number, unit: string): string {
  return short(value, unit).replace(/\.(\d*?)0+(?= |$)/, (_, kept: string) => (kept ? `.${kept}` : ""));
}

/** The share as a percentage of three digits. */
export function percent(share: number): string {
  if (share === 0) return "0%";
  const value = share * 100;
  return `${Math.abs(value) < 0.01 ? value.toExponential(1) : Number(value.toPrecision(3))}%`;
}

/** "1/3" and decimal strings as numbers, for places on a chart. */
export function numeric(value: unknown): number {
  if (Array.isArray(value)) return Math.max(...value.map(numeric));
  if (value === null || value === undefined || value === "") return NaN;
  if (typeof value === "string" && value.includes("/")) {
    const [above, below] = value.split("/");
    return Number(above) / Number(below);
  }
  return Number(value);
}

/** "200M", "2MiB", "1.5K" as a number; NaN for what is none. */
export function quantity(text: string): number {
  const found = text.trim().match(/^([-+]?[\d.,]+(?:e[-+]?\d+)?)\s*(K|M|G|T)?(i?B)?$/i);
  if (!found) return NaN;
  const number = Number(found[1]?.replaceAll(",", ""));
  const power = " KMGT".indexOf((found[2] ?? " ").toUpperCase());
  return number * (found[3]?.startsWith("i") ? 1024 : 1000) ** power;
}

/** Long names cut in the middle, where their ends tell them apart. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - half)}…${text.slice(text.length - half)}`;
}

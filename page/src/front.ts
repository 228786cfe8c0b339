/** Aids for a front of hundreds of points: where it bends, and a few points that stand for all. */

import { numeric } from "./format";
import { maximised, type Item } from "./state";

type Point = [number, number];

/** The front's points on two costs, each from 0 (best) to 1 (worst). */
function normal(front: Item[], costs: string[], log: (cost: string) => boolean): number[][] {
  const scaled = costs.map((cost) => {
    const values = front.map((one) => numeric(one.row[cost]));
    const shown = log(cost) ? values.map((one) => Math.log(Math.max(one, Number.MIN_VALUE))) : values;
    const low = Math.min(...shown);
    const span = Math.max(...shown) - low || 1;
    return shown.map((one) => (maximised(cost) ? 1 - (one - low) / span : (one - low) / span));
  });
  return front.map((_, at) => scaled.map((values) => values[at]!));
}

/** The point farthest below the line between the ends, where one cost buys least of the other. */
export function knee(front: Item[], x: string, y: string, log: (cost: string) => boolean): string {
  if (front.length < 3) return "";
  const points = normal(front, [x, y], log) as Point[];
  let best = 0;
  let key = "";
  points.forEach(([a, b], at) => {
    const below = 1 - a - b;
    if (below > best) [best, key] = [below, front[at]!.key];
  });
  return key;
}

/** So many of the front's networks, each next one the farthest from those before it. */
export function spread(front: Item[], costs: string[], count: number, log: (cost: string) => boolean): Set<string> {
  if (count <= 0 || front.length <= count) return new Set(front.map((one) => one.key));
  const points = normal(front, costs, log);
  const nearest = points.map(() => Infinity);
  const found = new Set<string>();
  let next = 0;
  while (found.size < count) {
    found.add(front[next]!.key);
    const here = points[next]!;
    points.forEach((point, at) => {
      const distance = point.reduce((sum, one, axis) => sum + (one - here[axis]!) ** 2, 0);
      nearest[at] = Math.min(nearest[at]!, distance);
    });
    next = nearest.indexOf(Math.max(...nearest));
  }
  return found;
}

/** Where tensors stand in a drawing: columns by the longest way from the input, lanes for branches. */

import type { Drawing } from "../types";

export interface Place {
  column: number;
  lane: number;
}

export function layout(drawing: Drawing): Place[] {
  const taken = new Set<string>();
  const continued = new Set<number>();
  const places: Place[] = [];
  drawing.tensors.forEach((tensor, number) => {
    const column = Math.max(-1, ...tensor.from.map((one) => places[one]!.column)) + 1;
    // A lane goes on from the first operand that none has gone on from, else a free one is taken.
    const free = (lane: number) => !taken.has(`${column} ${lane}`);
    const going = tensor.from.filter((one) => !continued.has(one)).map((one) => places[one]!.lane);
    const wanted = tensor.from.length > 1 ? [...going].sort((a, b) => a - b) : going;
    let lane = wanted.find(free) ?? 0;
    while (!free(lane)) lane += 1;
    const source = tensor.from.find((one) => places[one]!.lane === lane);
    if (source !== undefined) continued.add(source);
    places[number] = { column, lane };
    // The lane stays taken from the operand on, so that no other tensor stands on its edge.
    for (const one of tensor.from) {
      if (places[one]!.lane !== lane) continue;
      for (let between = places[one]!.column + 1; between < column; between += 1) taken.add(`${between} ${lane}`);
    }
    taken.add(`${column} ${lane}`);
  });
  return places;
}

export type Group = "input" | "convolution" | "pool" | "join" | "dense" | "other";

export function groupOf(op: string): Group {
  if (op === "input") return "input";
  if (["C", "DW", "T"].includes(op)) return "convolution";
  if (["MP", "AP", "GAP"].includes(op)) return "pool";
  if (["+", "*", "|"].includes(op)) return "join";
  return op === "FC" ? "dense" : "other";
}

/** What a tensor is called: joins by what they do. */
export function nameOf(drawing: Drawing, number: number): string {
  const { layer } = drawing.tensors[number]!;
  return { "+": "sum", "*": "product", "|": "concat" }[layer] ?? layer;
}

export function shapeOf(drawing: Drawing, number: number): string {
  const { sizes, channels } = drawing.tensors[number]!;
  return [...sizes, channels].join("×");
}

/** MACs and params by layer, with sizes, RF and jump: the table of `rfsearch show`, with bars. */

import { figure, short, whole } from "../format";
import type { Drawing, Exact } from "../types";
import { shapeOf } from "./layout";

export function Layers({ drawing, label }: { drawing: Drawing; label: string }) {
  const rows = drawing.tensors.map((_, number) => number).slice(1);
  const most = (cost: "macs" | "params") => Math.max(...rows.map((number) => Number(drawing.tensors[number]![cost] ?? 0)), 1);
  const [macs, params] = [most("macs"), most("params")];
  return (
    <figure>
      <figcaption>MACs and params by layer</figcaption>
      <div class="scrolls tall" tabIndex={0} role="region" aria-label={`Layers of ${label}`}>
        <table class="layers">
          <thead>
            <tr>
              <th scope="col">layer</th><th scope="col" class="number">output</th><th scope="col" class="number">RF</th>
              <th scope="col" class="number">jump</th><th scope="col" class="number">MACs</th><th scope="col" class="number">params</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((number) => {
              const one = drawing.tensors[number]!;
              return (
                <tr key={number} data-layer={number}>
                  <th scope="row">{one.layer}</th>
                  <td class="number">{shapeOf(drawing, number)}</td>
                  <td class="number" data-column="rf" data-value={String(one.rf)}>{figure(one.rf)}</td>
                  <td class="number">{figure(one.jump)}</td>
                  <Cost name="macs" value={one.macs ?? 0} most={macs} />
                  <Cost name="params" value={one.params ?? 0} most={params} />
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function Cost({ name, value, most }: { name: string; value: Exact; most: number }) {
  return (
    <td class="number cost" data-column={name} data-value={String(value)} title={whole(value)}>
      <span>{Number(value) ? short(value) : "–"}</span>
      <svg class={name} width="64" height="9" aria-hidden="true"><rect width={(64 * Number(value)) / most} height="9" /></svg>
    </td>
  );
}

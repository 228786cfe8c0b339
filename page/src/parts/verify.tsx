/** Verdicts: what a framework measured of each network, beside what was claimed. */

import { figure, short } from "../format";
import { choose, chosen, keyOf, wording } from "../state";
import type { Exact, Figure, VerifyDocument } from "../types";
import { Section } from "./chart";

const MEASURED = ["output_size", "rf", "jump", "params", "macs"];

export function Verify({ answer }: { answer: VerifyDocument }) {
  const right = answer.rows.length - answer.different;
  return (
    <Section id="verify" heading={`${right} as claimed, ${answer.different} different`}>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Verdicts">
        <table class="networks">
          <thead>
            <tr><th scope="col">verdict</th>{MEASURED.map((name) => <th key={name} scope="col" class="number">{wording(name).name}</th>)}<th scope="col">stack</th><th scope="col">differences</th></tr>
          </thead>
          <tbody>
            {answer.rows.map((row) => (
              <tr key={keyOf(row)} class={chosen.value === keyOf(row) ? "chosen" : ""} data-key={keyOf(row)}>
                <td class={row.verdict === "differs" ? "warning" : ""}>{row.verdict}</td>
                {MEASURED.map((name) => <td key={name} class="number" data-column={name} data-value={String(row[name])}>{Array.isArray(row[name]) ? figure(row[name] as Figure) : short(row[name] as Exact, wording(name).unit)}</td>)}
                <td class="stack"><button type="button" onClick={() => choose(keyOf(row))}>{row.stack}</button></td>
                <td>{row.differences.join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** A ladder: how far each rung lies above the least in what is held, beside the tolerance. */

import { signal } from "@preact/signals";
import { figure, numeric, percent } from "../format";
import { placed } from "../scales";
import { choose, chosen, keyOf, wording } from "../state";
import type { Figure, LadderDocument, Row } from "../types";
import { BottomAxis, LeftAxis, Section, Tick, useWidth } from "./chart";

const MARGIN = { top: 30, right: 20, bottom: 44, left: 78 };
const SHAPES = ["of-front", "of-list", "third", "fourth"];

/** Whether the chart reaches up to the tolerance; null leaves it to how close the rungs come. */
const whole = signal<boolean | null>(null);

function upToTolerance({ spread, query }: LadderDocument): boolean {
  const near = Object.entries(query.hold).some(([name, held]) => numeric(spread[name]) > 0.1 * numeric(held));
  return whole.value ?? near;
}

export function Ladder({ answer }: { answer: LadderDocument }) {
  const [ref, width] = useWidth();
  const held = Object.keys(answer.query.hold);
  return (
    <Section id="ladder" heading={`Ladder of ${answer.rungs.length} rungs`}>
      <dl class="facts">
        {held.map((name) => (
          <div key={name}>
            <dt>{wording(name).name}, greatest over least</dt>
            <dd data-figure={`spread-${name}`} data-value={String(answer.spread[name] ?? "")}>
              {percent(numeric(answer.spread[name]))} of {percent(numeric(answer.query.hold[name]))} allowed
            </dd>
          </div>
        ))}
        <div><dt>within the tolerance</dt><dd>{answer.within ? "yes" : "no"}</dd></div>
        <div><dt>proof</dt><dd>{answer.complete ? "no tighter ladder exists" : "open whether a tighter one exists"}</dd></div>
      </dl>
      <div class="controls"><Tick label="up to the tolerance" on={upToTolerance(answer)} onChange={(on) => (whole.value = on)} /></div>
      {answer.rungs.length > 0 && <div ref={ref} class="chart"><Plot answer={answer} held={held} width={width} height={300} /></div>}
      <ul class="legend">
        {held.map((name, at) => <li key={name}><svg width="16" height="12" aria-hidden="true"><Mark at={at} x={8} y={6} /></svg>{wording(name).name}</li>)}
        {upToTolerance(answer) && <li><svg width="20" height="12" aria-hidden="true"><path class="tolerance" d="M0 6H20" /></svg>tolerance</li>}
      </ul>
      {answer.impossible.length > 0 && (
        <>
          <h3>Rungs that are impossible</h3>
          <dl class="facts wide">
            {answer.impossible.map((one) => <div key={String(one.target_rf)}><dt>RF {figure(one.target_rf)}</dt><dd>{one.why.join("; ")}</dd></div>)}
          </dl>
        </>
      )}
    </Section>
  );
}

function Mark({ at, x, y, title }: { at: number; x: number; y: number; title?: string }) {
  const name = SHAPES[at % SHAPES.length]!;
  const note = title ? <title>{title}</title> : null;
  if (at % 4 === 1) return <rect class={name} x={x - 4} y={y - 4} width="8" height="8">{note}</rect>;
  if (at % 4 === 2) return <path class={name} d={`M${x} ${y - 5}l5 9h-10z`}>{note}</path>;
  if (at % 4 === 3) return <path class={name} d={`M${x} ${y - 5}l5 5l-5 5l-5 -5z`}>{note}</path>;
  return <circle class={name} cx={x} cy={y} r="4.5">{note}</circle>;
}

function Plot({ answer, held, width, height }: { answer: LadderDocument; held: string[]; width: number; height: number }) {
  const { rungs, query } = answer;
  const of = (row: Row, name: string) => numeric(row[`deviation_${name}`]);
  const shares = rungs.flatMap((row) => held.map((name) => of(row, name)).filter(Number.isFinite));
  const limits = held.map((name) => numeric(query.hold[name])).filter(Number.isFinite);
  const rf = (row: Row) => numeric(Array.isArray(row.rf) ? row.rf[0] : (row.rf as Figure));
  const xs = placed(rungs.map(rf), [MARGIN.left, width - MARGIN.right], false);
  const ys = placed([0, ...shares, ...(upToTolerance(answer) ? limits : [])].map((one) => one * 100), [height - MARGIN.bottom, MARGIN.top], false);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Deviation of each rung">
      <BottomAxis scale={xs} label="RF (pixels)" unit="pixels" length={width - MARGIN.left - MARGIN.right} top={height - MARGIN.bottom} />
      <LeftAxis scale={ys} label="above the least (%)" unit="" length={height - MARGIN.top - MARGIN.bottom} left={MARGIN.left} />
      {[...new Set(upToTolerance(answer) ? limits : [])].map((limit) => <path key={limit} class="tolerance" d={`M${MARGIN.left} ${ys(limit * 100)}H${width - MARGIN.right}`} />)}
      {rungs.map((row) => {
        const key = keyOf(row);
        return (
          <g key={key} data-key={key} onClick={() => choose(key)} class={chosen.value === key ? "rung chosen" : "rung"}>
            {chosen.value === key && <line x1={xs(rf(row))} x2={xs(rf(row))} y1={MARGIN.top} y2={height - MARGIN.bottom} />}
            {held.map((name, at) => (
              <Mark key={name} at={at} x={xs(rf(row))} y={ys((Number.isFinite(of(row, name)) ? of(row, name) : 0) * 100)} title={`RF ${figure(row.rf as Figure)}: ${wording(name).name} ${percent(of(row, name))} above the least`} />
            ))}
          </g>
        );
      })}
    </svg>
  );
}

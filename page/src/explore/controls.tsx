/** The controls of the question: every option of a search, the telling ones first. */

import { Choice, Copy, Section, Tick } from "../parts/chart";
import { called } from "../parts/question";
import type { OptionWording } from "../types";
import { asking, change, coming, copies, question, serving, stale, took, trouble } from "./ask";

const FIRST = ["target_rf", "input", "depth", "kernel", "stride", "max_macs", "max_params", "max_peak_memory", "rank_by", "front"];
const SLIDERS: Record<string, [number, number]> = { target_rf: [1, 512], input: [1, 512] };

export function Controls() {
  const given = serving.value;
  if (!given) return null;
  const of = (name: string) => given.options.find((one) => one.name === name);
  const groups = [...new Set(given.options.map((one) => one.group))];
  return (
    <Section id="controls" heading="Ask" note={given.config ? `On top of ${given.config}.` : ""}>
      <div class="controls first">{FIRST.map(of).map((option) => option && <Control key={option.name} option={option} />)}</div>
      <details>
        <summary>Every option</summary>
        {groups.map((group) => (
          <fieldset key={group}>
            <legend>{group}</legend>
            <div class="controls">
              {given.options.filter((one) => one.group === group && !FIRST.includes(one.name)).map((option) => <Control key={option.name} option={option} />)}
            </div>
          </fieldset>
        ))}
      </details>
      <p class="state" role="status">
        {trouble.value ? <span class="warning">{trouble.value}</span> : state()}
      </p>
      <p class="controls">
        <Copy text={copies.value.command} label="Copy as command" />
        <Copy text={copies.value.python} label="Copy as Python" />
      </p>
    </Section>
  );
}

function state(): string {
  if (asking.value) return `Asking: ${coming.value} …`;
  return stale.value || !took.value ? "" : `Answered in ${Math.round(took.value)} ms.`;
}

function Control({ option }: { option: OptionWording }) {
  const { name, help } = option;
  const value = question.value[name] ?? "";
  const label = called(name);
  const set = (text: string) => change({ [name]: text });
  if (option.switch) return <Tick label={label} on={value === "true"} onChange={(on) => set(on ? "true" : "")} />;
  if (option.choices) {
    return <Choice label={label} value={value || option.default} onChange={set} options={option.choices.map((one) => [one, one])} />;
  }
  const slider = SLIDERS[name];
  return (
    <span class="control">
      <label class="choice" title={help}>
        <span>{label}</span>
        <input type="text" name={name} value={value} placeholder={option.default || (option.metavar === "N" ? "any" : option.metavar.toLowerCase())} spellcheck={false} onInput={(event) => set(event.currentTarget.value)} />
      </label>
      {slider && /^\d+$/.test(value) && (
        <input type="range" aria-label={`${label}, slider`} min={slider[0]} max={Math.max(slider[1], Number(value))} value={value} onInput={(event) => set(event.currentTarget.value)} />
      )}
    </span>
  );
}

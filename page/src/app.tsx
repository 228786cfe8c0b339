/** The whole page: what is shown of each kind of answer, in order. */

import { change, stale } from "./explore/ask";
import { Controls } from "./explore/controls";
import { Networks } from "./network/network";
import { Ladder } from "./parts/ladder";
import { Parallel } from "./parts/parallel";
import { Command, Counts, Nearby, Question, Why } from "./parts/question";
import { Reach } from "./parts/reach";
import { Scatter } from "./parts/scatter";
import { Table } from "./parts/table";
import { Verify } from "./parts/verify";
import { data } from "./state";
import { theme, type Theme } from "./theme";
import type { LadderDocument, ReachDocument, SearchDocument, ShowDocument, VerifyDocument } from "./types";

export function App() {
  if (!data.value) return <p class="note">Loading…</p>;
  return (
    <>
      <a class="skip" href="#main">To the answer</a>
      <Header />
      <main id="main"><Body /></main>
      <footer><p>Made by rfsearch. Every figure is exact, but where it says that it is a bound or a sample.</p></footer>
    </>
  );
}

const HEADINGS = { search: "Networks by receptive field", reach: "Which receptive fields can be reached", ladder: "A ladder of receptive fields", show: "One network", verify: "Networks verified" };

function Header() {
  const kind = data.value!.kind;
  const heading = kind === "show" ? (data.value!.document as ShowDocument).network : HEADINGS[kind];
  return (
    <header>
      <p class="brand">rfsearch</p>
      <h1>{heading}</h1>
      <label class="choice theme">
        <span>theme</span>
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          <option value="auto">as the system</option><option value="light">light</option><option value="dark">dark</option>
        </select>
      </label>
    </header>
  );
}

function Body() {
  const { kind, document } = data.value!;
  if (kind === "search") {
    const answer = document as SearchDocument;
    if (data.value!.serving) return <Explored answer={answer} />;
    return (
      <>
        <Question query={answer.query} />
        <Counts answer={answer} />
        <Why lines={answer.why ?? []} />
        <Nearby near={answer.nearby ?? []} />
        <Scatter />
        <Parallel />
        <Table />
        <Networks />
      </>
    );
  }
  if (kind === "reach") return <><Question query={(document as ReachDocument).query} /><Reach answer={document as ReachDocument} /></>;
  if (kind === "ladder") {
    const answer = document as LadderDocument;
    return <><Question query={answer.query} /><Ladder answer={answer} /><Table /><Networks /></>;
  }
  if (kind === "verify") return <><Verify answer={document as VerifyDocument} /><Networks /></>;
  return <><Networks /><details><summary>The command</summary><Command /></details></>;
}

/** A page that is served: controls above, and what is still of an older question faded. */
function Explored({ answer }: { answer: SearchDocument }) {
  const ask = (query: Record<string, unknown>) =>
    change(Object.fromEntries(Object.entries(query).map(([name, value]) => [name, asText(name, value)])));
  return (
    <>
      <Controls />
      {answer.space && <Counts answer={answer} />}
      {answer.space && <Why lines={answer.why ?? []} />}
      <div class={stale.value ? "stale" : ""} aria-busy={stale.value}>
        <Nearby near={answer.nearby ?? []} ask={ask} />
        <Scatter />
        <Parallel />
        <Table />
        <Networks />
        {answer.space && <Question query={answer.query} />}
      </div>
    </>
  );
}

/** A value of a document in the form that the option takes. */
function asText(name: string, value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.join(["target_rf", "depth", "output_size"].includes(name) ? ".." : ",");
}

import { render } from "preact";
import { App } from "./app";
import { embedded } from "./data";
import { start } from "./explore/ask";
import { response } from "./impulse";
import { begin, data } from "./state";
import "./style.css";
import { follow } from "./theme";

// For the browser's console: the page's data, and the impulse response of any network of it.
Object.assign(globalThis, { rfsearch: { data, response } });

follow();
const ground = document.getElementById("page")!;
embedded().then(
  (given) => {
    begin(given);
    render(<App />, ground);
    if (given.serving) start(given);
  },
  (error: Error) => {
    ground.textContent = `This page cannot be read: ${error.message}. It needs a browser of 2023 or later.`;
  },
);

/** Light or dark: the reader's choice for this page, else what the system asks for. */

import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
export const theme = signal<Theme>("auto");

/** Show the chosen theme; call once the page stands. */
export function follow(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

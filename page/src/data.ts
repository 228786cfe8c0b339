import type { Data } from "./types";

/** The page's data: base64 of compressed JSON, in an element that no browser runs. */
export async function embedded(): Promise<Data> {
  const packed = document.getElementById("data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(packed.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Data;
}

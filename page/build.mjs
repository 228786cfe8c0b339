// Bundles src/ into the Python package, and the font of figures, licences with them. `--check` writes nothing, and fails
// where the bundle that stands in the package is not what these sources give.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const bundle = new URL("../rfsearch/answer/page/bundle/", here);
// Of figures in SVG: Arimo is Liberation Sans, which vl-convert draws PNG and PDF with.
const font = new URL("node_modules/@fontsource/arimo/", here);
const fonts = new URL("../rfsearch/plot/font/", here);
const check = process.argv.includes("--check");

const bundled = await build({
  absWorkingDir: here.pathname,
  entryPoints: { page: "src/main.tsx" },
  outdir: "out",
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  loader: { ".css": "css" },
  metafile: true,
});

/** The licence text of every package that the bundle holds a part of. */
async function licences() {
  const packages = new Set();
  for (const path of Object.keys(bundled.metafile.inputs)) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const texts = [];
  for (const name of [...packages].sort()) {
    const folder = new URL(`node_modules/${name}/`, here);
    const { version, license } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    if (!file) throw new Error(`${name}: no licence file`);
    const text = (await readFile(new URL(file, folder), "utf8")).trim();
    texts.push(`${name} ${version} (${license})\n\n${text}\n`);
  }
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

const files = new Map(
  bundled.outputFiles.map((one) => [new URL(one.path.split("/").at(-1), bundle), Buffer.from(`${one.text.trim()}\n`)]),
);
files.set(new URL("licences.txt", bundle), Buffer.from(await licences()));
files.set(new URL("sans.woff2", fonts), await readFile(new URL("files/arimo-latin-400-normal.woff2", font)));
files.set(new URL("licence.txt", fonts), await readFile(new URL("LICENSE", font)));

let stale = 0;
for (const [place, content] of files) {
  const name = place.pathname.split("/rfsearch/").at(-1);
  if (!check) await writeFile(place, content);
  else if (!content.equals(await readFile(place).catch(() => Buffer.alloc(0)))) {
    console.error(`rfsearch/${name}: not what page/ gives; npm run build`);
    stale = 1;
  }
  console.log(`${name} ${(content.length / 1000).toFixed(0)} kB`);
}
process.exitCode = stale;

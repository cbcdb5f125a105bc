// Builds the page as a site that needs no server but one for files: `npm run site`, into
// ../build/site. `-- --service https://crops.example.com/` lets people choose that service for
// photos that browsers do not read; `-- --out FOLDER` builds elsewhere.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { service: { type: "string" }, out: { type: "string" } },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const page = here("../../src/marscrop/service/page");
const out = values.out ?? here("../../build/site");
if (!existsSync(here("../dist/standalone"))) throw new Error("run `npm run build` first");

const service = values.service && `${new URL(values.service).href.replace(/\/*$/, "")}/`;
const host = service && new URL(service).host;
const policy = [
  "default-src 'self'",
  // WebAssembly is compiled from the site's own files; no script of another kind is.
  "script-src 'self' 'wasm-unsafe-eval'",
  `connect-src 'self'${service ? ` ${new URL(service).origin}` : ""}`,
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** `text` with each of the parts replaced, all of which it has once. */
function replaced(text, parts) {
  for (const [before, after] of parts) {
    if (text.split(before).length !== 2) throw new Error(`index.html should have once: ${before}`);
    text = text.replace(before, () => after);
  }
  return text;
}

const CHOICE = `<label class="who">Crops are found
      <select id="answers" autocomplete="off">
        <option value="local">on this device</option>
        <option value="service">by ${host}</option>
      </select>
    </label>`;
const LOCAL = "Your photos stay on this device: nothing is uploaded.";
const BY_SERVICE = "They go to ${host} and no further. It stores no pictures.";

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
cpSync(page, `${out}/page`, { recursive: true, filter: (path) => !/\/docs\.\w+$/.test(path) });
for (const file of readdirSync(here("../site")))
  cpSync(here(`../site/${file}`), `${out}/page/${file}`);
for (const part of ["standalone", "model"])
  cpSync(here(`../dist/${part}`), `${out}/marscrop/${part}`, { recursive: true });
rmSync(`${out}/page/index.html`);
writeFileSync(
  `${out}/index.html`,
  replaced(readFileSync(`${page}/index.html`, "utf8"), [
    [
      '<meta charset="utf-8">',
      [
        '<meta charset="utf-8">',
        `  <meta http-equiv="Content-Security-Policy" content="${policy}">`,
        '  <meta name="referrer" content="no-referrer">',
        ...(service ? [`  <meta name="marscrop-service" content="${service}">`] : []),
      ].join("\n"),
    ],
    [
      '<link rel="stylesheet" href="page/work.css">',
      '<link rel="stylesheet" href="page/work.css">\n  <link rel="stylesheet" href="page/site.css">',
    ],
    ['<a href="docs">API</a>', service ? CHOICE : ""],
    [
      "They go to this service and no further. It stores no pictures.",
      service
        ? `<span class="at-home">${LOCAL}</span><span class="away">${BY_SERVICE}</span>`
        : LOCAL,
    ],
  ]),
);
// As Netlify and Cloudflare Pages read it. With the last two, browsers give the network threads.
writeFileSync(
  `${out}/_headers`,
  `/*
  Content-Security-Policy: ${policy}; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
`,
);

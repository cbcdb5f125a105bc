// A page of our own in headless Chromium, on a server that counts what it sends.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";

import { chromium } from "playwright-core";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".jpg": "image/jpeg",
};
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
];
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PAGE = '<!doctype html><meta charset="utf-8"><title>benchmark</title>';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const smartcrop = createRequire(import.meta.url).resolve("smartcrop/smartcrop.js");

/** {address, sent: [{path, bytes, zipped}], close()}: our package, smartcrop.js and some folders. */
export async function serve(folders = {}) {
  const roots = { "/marscrop/": here("../dist/"), ...folders };
  const sent = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const root = Object.keys(roots).find((prefix) => path.startsWith(prefix));
    const file =
      path === "/smartcrop.js" ? smartcrop : root && roots[root] + path.slice(root.length);
    // With these two, pages may have threads that share memory.
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    if (!file) {
      response.setHeader("Content-Type", "text/html");
      response.statusCode = path === "/" ? 200 : 404;
      response.end(PAGE);
      return;
    }
    const { size } = statSync(file);
    sent.push({ path, bytes: size, zipped: gzipSync(readFileSync(file)).length });
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    });
  return { address: `http://127.0.0.1:${server.address().port}/`, sent, close };
}

/** Calls `work` with a browser, and closes it. */
export async function withChromium(work) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** What a page runs before it measures: `cropper`, and smartcrop.js as `smartcrop`. */
export async function prepared(browser, address) {
  const page = await browser.newPage();
  await page.goto(address);
  await page.addScriptTag({ url: "/smartcrop.js" });
  await page.evaluate(async () => {
    const { Cropper } = await import("/marscrop/standalone/marscrop.js");
    globalThis.cropper = await Cropper.load();
  });
  return page;
}

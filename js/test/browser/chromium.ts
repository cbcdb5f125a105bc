/** A page in headless Chromium, on a server of files. */

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const IMPORTS = {
  "#platform": "/dist/platform/browser.js",
  "onnxruntime-web/wasm": "/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>marscrop</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why tests in Chromium are passed over; false where it is there. */
export const NO_CHROMIUM = existsSync(EXECUTABLE)
  ? false
  : `no Chromium at ${EXECUTABLE}: install it, or name another one in the variable CHROMIUM`;

/** What a test has. */
export interface Opened {
  readonly browser: Browser;
  readonly page: Page;
  /** Paths that were asked of the server, with the bytes that it sent. */
  readonly sent: Map<string, number>;
  /** What the server has beside this package's files, by path. */
  readonly files: Map<string, Uint8Array>;
  close(): Promise<void>;
}

/** A new browser with an empty page, on a server of this package's files. */
export async function openPage({ isolated = false } = {}): Promise<Opened> {
  const sent = new Map<string, number>();
  const files = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const made = files.get(path);
    const isFile = made !== undefined || (path !== "/" && existsSync(`${ROOT}${path}`));
    const body = made ?? (isFile ? readFileSync(`${ROOT}${path}`) : Buffer.from(PAGE));
    sent.set(path, body.length);
    const type = isFile ? (TYPES[extname(path)] as string | undefined) : "text/html";
    response.writeHead(isFile || path === "/" ? 200 : 404, {
      "Content-Type": type ?? "application/octet-stream",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
  const close = async (): Promise<void> => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  };
  return { browser, page, sent, files, close };
}

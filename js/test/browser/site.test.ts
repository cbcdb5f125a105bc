import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium, type Browser, type Page, type Request } from "playwright-core";
import sharp from "sharp";

import { NO_CHROMIUM } from "./chromium.js";

const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));
const BUILD = fileURLToPath(new URL("../../scripts/site.js", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".wasm": "application/wasm",
};

let browser: Browser;
const folders: string[] = [];
const servers: Server[] = [];

/** The address of a server that answers each request with a body and headers. */
async function serving(
  answer: (request: IncomingMessage) => [body: Uint8Array | string, headers: object],
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    try {
      const [body, headers] = answer(request);
      response.writeHead(200, { ...headers });
      response.end(body);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The site, built and served as a host of files does it: {address, page, sent}. */
async function opened(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "marscrop-site-"));
  folders.push(folder);
  execFileSync(process.execPath, [BUILD, "--out", folder, ...args]);
  const address = await serving(({ url }) => {
    const path = new URL(url!, "http://localhost").pathname;
    const file = path === "/" ? "/index.html" : path;
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    return [readFileSync(join(folder, file)), { "Content-Type": type }];
  });
  const page = await browser.newPage({ acceptDownloads: true });
  page.setDefaultTimeout(120_000); // other tests may want the processor, too
  const sent: Request[] = [];
  page.on("request", (request) => sent.push(request));
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(address);
  return { address, page, sent };
}

const crops = (page: Page, count: number) =>
  page.waitForFunction(
    (wanted) =>
      document.querySelectorAll("#crops .crop").length === wanted &&
      !document.querySelector("#crops")!.hasAttribute("aria-busy"),
    count,
  );

/** What the button saves. */
async function saved(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return readFileSync(await download.path());
}

/** The files of a ZIP file that stores them as they are. */
function unzipped(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50;) {
    const size = zip.readUInt32LE(at + 18);
    const name = zip.readUInt16LE(at + 26);
    const start = at + 30 + name;
    files.set(zip.toString("utf8", at + 30, start), zip.subarray(start, start + size));
    at = start + size;
  }
  return files;
}

describe("the page as a site", { skip: NO_CHROMIUM }, () => {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });

  after(async () => {
    await browser.close();
    for (const server of servers) server.close().closeAllConnections();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  test("photos are cropped without a request that leaves the site or carries anything", async () => {
    const { address, page, sent } = await opened();
    assert.match(await page.innerText("#empty .fine"), /stay on this device/);
    await page.setInputFiles("#files", [join(EXAMPLES, "cat.jpg"), join(EXAMPLES, "rocket.jpg")]);
    await page.locator("#photos .open").nth(1).waitFor();
    await crops(page, 4);
    await page.click("#show-map");
    await page.locator("#map").waitFor();
    const files = unzipped(await saved(page, "#zip"));
    assert.deepEqual(
      [...files.keys()].sort(),
      ["cat", "rocket"].flatMap((name) =>
        ["16x9", "1x1", "4x5", "9x16"].map((r) => `${name}_${r}.jpg`),
      ),
    );
    for (const [name, file] of files) {
      const { format, width, height } = await sharp(file).metadata();
      const [a, b] = /(\d+)x(\d+)/.exec(name)!.slice(1).map(Number) as [number, number];
      assert.equal(format, "jpeg");
      assert.ok(Math.abs(width - (height * a) / b) <= 1, `${name}: ${width} x ${height}`);
    }
    for (const request of sent) {
      const url = request.url();
      if (url.startsWith("blob:")) continue; // what the page itself shows
      assert.ok(url.startsWith(address), url);
      assert.deepEqual([request.method(), request.postData()], ["GET", null], url);
      assert.ok(!url.includes("?"), url);
    }
    await page.close();
  });

  test("the page could not send anything elsewhere if it wanted to", async () => {
    const reached: string[] = [];
    const elsewhere = await serving(({ url }) => {
      reached.push(url!);
      return ["", { "Access-Control-Allow-Origin": "*" }];
    });
    const { page } = await opened();
    const outcome = await page.evaluate(async (address) => {
      try {
        await fetch(address, { method: "POST", body: "photo" });
        return "sent";
      } catch {
        return "refused";
      }
    }, elsewhere);
    assert.equal(outcome, "refused");
    assert.deepEqual(reached, []);
    await page.close();
  });

  test("what a file does not keep of the photo is said beside it", async () => {
    const { page } = await opened();
    const png = await sharp({
      create: {
        width: 300,
        height: 200,
        channels: 4,
        background: { r: 200, g: 80, b: 20, alpha: 0.5 },
      },
    })
      .png()
      .toBuffer();
    await page.setInputFiles("#files", { name: "half.png", mimeType: "image/png", buffer: png });
    await crops(page, 4);
    await page.selectOption("#format", "jpg");
    await saved(page, '#crops [data-at="take 1:1"]');
    assert.match(await page.innerText("#crops .remark"), /transparency was laid over white/);
    await page.close();
  });

  test("an animation's crop says that it is a still", async () => {
    const { page } = await opened();
    const frames = ["red", "blue"].map((background) =>
      sharp({ create: { width: 90, height: 60, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    await page.setInputFiles("#files", { name: "two.gif", mimeType: "image/gif", buffer: gif });
    await crops(page, 4);
    await saved(page, '#crops [data-at="take 1:1"]');
    assert.match(await page.innerText("#crops .remark"), /only the first frame/);
    await page.close();
  });

  test("a photo that the browser does not read is refused by name", async () => {
    const { page } = await opened();
    const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
    await page.setInputFiles("#files", { name: "a.heic", mimeType: "image/heic", buffer: heic });
    await page.locator("#refused li").waitFor();
    assert.match(await page.innerText("#refused li"), /^a\.heic .*(not read|cannot read)/);
    await page.close();
  });

  test("a service answers where one is named and chosen, and only then", async () => {
    const asked: string[] = [];
    const answer = { width: 451, height: 300, photo: "key", crops: [] as object[] };
    const service = await serving(({ url, method }) => {
      if (method !== "OPTIONS") asked.push(`${method!} ${url!}`);
      const ratios = new URL(url!, "http://localhost").searchParams.getAll("ratio");
      const found = ratios.map((ratio) => ({ ratio, box: [0, 0, 100, 100], confidence: 0.5 }));
      const cors = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" };
      return [JSON.stringify({ ...answer, crops: found }), cors];
    });
    const { page } = await opened("--service", service);
    assert.match(await page.innerText("#empty .fine"), /stay on this device/);
    await page.setInputFiles("#files", join(EXAMPLES, "cat.jpg"));
    await crops(page, 4);
    assert.deepEqual(asked, []);
    await page.selectOption("#answers", "service");
    await page.waitForFunction(
      () => document.querySelector("#crops .px")?.textContent === "100 × 100",
    );
    assert.match(asked[0], /^POST \/v1\/crops\?/);
    assert.equal(await page.locator("#format option[value=avif]").isDisabled(), false);
    assert.equal(await page.inputValue("#format"), "same");
    await page.selectOption("#answers", "local");
    await page.waitForFunction(
      () => document.querySelector("#crops .px")?.textContent !== "100 × 100",
    );
    await page.close();
  });
});

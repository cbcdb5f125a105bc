// Boxes of photos, one JSON line each: `node scripts/boxes.js node|chromium RATIOS < LIST`, with a
// list of paths, and ratios joined by commas. research/benchmarks/javascript_boxes.py compares them.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const [, , where, ratios] = process.argv;
const asked = ratios.split(",");
const photos = readFileSync(0, "utf8").trim().split("\n");
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

function tell(photo, boxes) {
  console.log(JSON.stringify([photo, boxes]));
}

async function inNode() {
  const { Cropper } = await import("../dist/index.js");
  const cropper = await Cropper.load();
  for (const photo of photos) {
    tell(
      photo,
      (await cropper.crop(photo, asked)).map(({ box }) => box),
    );
  }
  await cropper.close();
}

async function inChromium() {
  const { chromium } = await import("playwright-core");
  const types = { ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const index = /^\/photos\/(\d+)$/.exec(path)?.[1];
    response.setHeader("Content-Type", path === "/" ? "text/html" : (types[extname(path)] ?? ""));
    if (path === "/") response.end("<!doctype html>");
    else if (path === "/favicon.ico") response.end();
    else response.end(readFileSync(index ? photos[index] : dist + path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(async () => {
    const { Cropper } = await import("/standalone/marscrop.js");
    globalThis.cropper = await Cropper.load();
  });
  for (const [index, photo] of photos.entries()) {
    tell(
      photo,
      await page.evaluate(
        async ([number, wanted]) => {
          const file = await (await fetch(`/photos/${number}`)).blob();
          return (await globalThis.cropper.crop(file, wanted)).map(({ box }) => box);
        },
        [index, asked],
      ),
    );
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
}

await (where === "chromium" ? inChromium() : inNode());

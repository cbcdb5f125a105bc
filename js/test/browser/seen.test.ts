import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import type * as Index from "../../dist/index.js";
import type * as Seen from "../seen.js";
import { MAP_TOLERANCE } from "../seen.js";
import { NO_CHROMIUM, openPage } from "./chromium.js";

const FILE = new URL("../../../tests/javascript/seen.json", import.meta.url);
const recorded = JSON.parse(readFileSync(FILE, "utf8")) as Seen.Recorded[];

for (const isolated of [false, true]) {
  const where = isolated ? "with two threads" : "in one thread";
  test(`pixels are seen and cropped as in Python, ${where}`, { skip: NO_CHROMIUM }, async (t) => {
    const opened = await openPage({ isolated });
    try {
      await opened.page.evaluate(loadCropper, isolated ? 2 : 1);
      for (const { map, ...expected } of recorded) {
        const { kind, width, height } = expected.made;
        await t.test(`${kind}, ${width} x ${height}`, async () => {
          const { map: cells, ...found } = await opened.page.evaluate(seenOnPage, expected.made);

          assert.deepEqual(found, expected);
          assert.equal(cells.length, map.length);
          cells.forEach((cell, i) => {
            assert.ok(Math.abs(cell - map[i]) <= MAP_TOLERANCE, `${cell} in place of ${map[i]}`);
          });
        });
      }
    } finally {
      await opened.close();
    }
  });
}

test("a first crop downloads a small model once", { skip: NO_CHROMIUM }, async () => {
  const opened = await openPage();
  try {
    await opened.page.evaluate(loadCropper, 1);
    const parts = [...opened.sent].filter(([path]) => path.startsWith("/dist/model/"));

    assert.equal(parts.length, 5);
    assert.ok(parts.reduce((sum, [, bytes]) => sum + bytes, 0) <= 2.5e6);
  } finally {
    await opened.close();
  }
});

interface Global {
  cropper: Index.Cropper;
}

async function loadCropper(threads: number): Promise<void> {
  const index = "/dist/index.js";
  const { Cropper } = (await import(index)) as typeof Index;
  (globalThis as unknown as Global).cropper = await Cropper.load({ threads });
}

async function seenOnPage(made: Seen.Recorded["made"]): Promise<Seen.Recorded> {
  const module = "/build/seen.js";
  const { seen } = (await import(module)) as typeof Seen;
  return seen(made, (globalThis as unknown as Global).cropper);
}

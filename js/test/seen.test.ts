import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Cropper } from "../dist/index.js";
import { MAP_TOLERANCE, type Recorded, seen } from "./seen.js";

const FILE = new URL("../../tests/javascript/seen.json", import.meta.url);
const recorded = JSON.parse(readFileSync(FILE, "utf8")) as Recorded[];

for (const backend of ["native", "wasm"] as const) {
  test(`pixels are seen and cropped as in Python, in ${backend} code`, async (t) => {
    const cropper = await Cropper.load({ backend });
    for (const { map, ...expected } of recorded) {
      const { kind, width, height } = expected.made;
      await t.test(`${kind}, ${width} x ${height}`, async () => {
        const { map: cells, ...found } = await seen(expected.made, cropper);

        assert.deepEqual(found, expected);
        assert.equal(cells.length, map.length);
        cells.forEach((cell, i) => {
          assert.ok(Math.abs(cell - map[i]) <= MAP_TOLERANCE, `${cell} in place of ${map[i]}`);
        });
      });
    }
    await cropper.close();
  });
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Cropper } from "../dist/index.js";
import { type Recorded, seen } from "./seen.js";

const FILE = new URL("../../tests/javascript/seen.json", import.meta.url);
const recorded = JSON.parse(readFileSync(FILE, "utf8")) as Recorded[];

for (const backend of ["native", "wasm"] as const) {
  test(`pixels are seen and cropped as in Python, in ${backend} code`, async (t) => {
    const cropper = await Cropper.load({ backend });
    for (const { map: _, ...expected } of recorded) {
      const { kind, width, height } = expected.made;
      await t.test(`${kind}, ${width} x ${height}`, async () => {
        assert.deepEqual(await seen(expected.made, cropper), expected);
      });
    }
    await cropper.close();
  });
}

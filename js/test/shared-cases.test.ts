import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { Cropper } from "../dist/index.js";
import { differences, type Table } from "./shared/replay.js";

const TABLE =
  process.env.MARSCROP_CASES ??
  fileURLToPath(new URL("../../tests/shared_cases/cases.json", import.meta.url));

const table = JSON.parse(readFileSync(TABLE, "utf8")) as Table;
const photos = { ...table, cases: table.cases.filter((one) => one.photo) };

for (const [backend, asked] of [
  ["native", table],
  ["wasm", photos],
] as const) {
  test(`every case of the shared table has Python's answer, in ${backend} code`, async () => {
    const cropper = await Cropper.load({ backend });
    const found = await differences(asked, cropper);
    await cropper.close();
    assert.equal(found.length, 0, `${found.length} of ${asked.cases.length}:\n${found.join("\n")}`);
  });
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { differences, type Table } from "./shared/replay.js";

const TABLE =
  process.env.MARSCROP_CASES ??
  fileURLToPath(new URL("../../tests/shared_cases/cases.json", import.meta.url));

test("every case of the shared table has Python's answer", async () => {
  const table = JSON.parse(readFileSync(TABLE, "utf8")) as Table;
  const found = await differences(table);
  assert.equal(found.length, 0, `${found.length} of ${table.cases.length}:\n${found.join("\n")}`);
});

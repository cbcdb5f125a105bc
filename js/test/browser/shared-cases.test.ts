import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import type * as Index from "../../dist/index.js";
import type * as Replay from "../shared/replay.js";
import { NO_CHROMIUM, openPage } from "./chromium.js";

const TABLE = new URL("../../../tests/shared_cases/cases.json", import.meta.url);

test(
  "every case of the shared table has Python's answer in Chromium",
  { skip: NO_CHROMIUM },
  async () => {
    const opened = await openPage();
    opened.files.set("/cases.json", readFileSync(TABLE));
    const found = await opened.page.evaluate(async () => {
      const module = "/build/shared/replay.js";
      const { differences } = (await import(module)) as typeof Replay;
      const index = "/dist/index.js";
      const { Cropper } = (await import(index)) as typeof Index;
      const table = (await (await fetch("/cases.json")).json()) as Replay.Table;
      return differences(table, await Cropper.load());
    });
    await opened.close();
    assert.equal(found.length, 0, found.join("\n"));
  },
);

import assert from "node:assert/strict";
import test from "node:test";

import { ConstraintError, MarscropError } from "../dist/index.js";

test("an error says what it is about once, in front of its reason", () => {
  const error = new ConstraintError("no crop fits").about("a.jpg").about("b.jpg");
  assert.ok(error instanceof MarscropError);
  assert.equal(error.message, "a.jpg: no crop fits");
  assert.equal(error.reason, "no crop fits");
});

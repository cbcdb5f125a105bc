import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { fileURLToPath } from "node:url";

import sharp, { type Sharp } from "sharp";

import { Cropper } from "../dist/index.js";
import smartcrop from "../dist/smartcrop.js";
import { inFile, whenUpright } from "../dist/smartcrop/orientation.js";
import type { Box } from "../dist/index.js";

const CAT = fileURLToPath(new URL("../../examples/cat.jpg", import.meta.url));
const cropper = Cropper.load();
smartcrop.use(cropper);

/** How the upright photo is stored for each orientation, by sharp's own operations. */
const STORED: Record<number, (image: Sharp) => Sharp> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  5: (image) => image.flop().rotate(270),
  6: (image) => image.rotate(270),
  7: (image) => image.flop().rotate(90),
  8: (image) => image.rotate(90),
};

const within = (outer: Box, inner: Box) =>
  outer[0] <= inner[0] && outer[1] <= inner[1] && inner[2] <= outer[2] && inner[3] <= outer[3];
const edges = ({ x, y, width, height }: Record<"x" | "y" | "width" | "height", number>): Box =>
  [...[x, y, x + width, y + height]] as unknown as Box;

test("the answer is marscrop's largest crop", async () => {
  const { topCrop } = await smartcrop.crop(CAT, { width: 100, height: 100 });
  const [crop] = await (await cropper).crop(CAT, "1:1", { zoom: "none" });
  assert.deepEqual(edges(topCrop), [...crop.box]);
});

test("without width and height it is a square; aspect goes before them", async () => {
  const square = await smartcrop.crop(CAT);
  assert.equal(square.topCrop.width, square.topCrop.height);
  const { topCrop } = await smartcrop.crop(CAT, { aspect: 2, width: 10, height: 10 });
  assert.ok(Math.abs(topCrop.width - 2 * topCrop.height) <= 1);
});

test("minScale lets crops be smaller, but none that would have to be enlarged", async () => {
  const [natural] = await (await cropper).crop(CAT, "1:1", { minSize: 0.5 });
  const { topCrop } = await smartcrop.crop(CAT, { width: 10, height: 10, minScale: 0.5 });
  assert.deepEqual(edges(topCrop), [...natural.box]);
  const wide = await smartcrop.crop(CAT, { width: 290, height: 290, minScale: 0.1 });
  assert.ok(wide.topCrop.width >= 290);
});

test("boosts are kept; where not all fit, the lightest go first", async () => {
  const left = { x: 0, y: 100, width: 30, height: 30, weight: 1 };
  const right = { x: 420, y: 100, width: 30.5, height: 30, weight: 2 };
  for (const boost of [[left], [right]]) {
    const { topCrop } = await smartcrop.crop(CAT, { width: 1, height: 1, boost });
    assert.ok(within(edges(topCrop), edges(boost[0]).map(Math.floor) as unknown as Box));
  }
  const { topCrop } = await smartcrop.crop(CAT, { width: 1, height: 1, boost: [left, right] });
  assert.ok(topCrop.x + topCrop.width >= 450);
  const weightless = { ...left, weight: 0 };
  assert.deepEqual(
    await smartcrop.crop(CAT, { width: 1, height: 1, boost: [weightless] }),
    await smartcrop.crop(CAT, { width: 1, height: 1 }),
  );
});

test("an option without a meaning here is told of once, in one line", async () => {
  const warn = mock.method(console, "warn", () => undefined);
  for (let time = 0; time < 2; time++)
    await smartcrop.crop(CAT, {
      width: 1,
      height: 1,
      ruleOfThirds: true,
      debug: false,
      prescale: true,
    });
  const lines = warn.mock.calls.map(({ arguments: [line] }) => String(line));
  warn.mock.restore();
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^marscrop\/smartcrop: .*'ruleOfThirds'/);
});

test("an option that cannot be understood is an error that names it", async () => {
  await assert.rejects(smartcrop.crop(CAT, { width: -1, height: 1 }), /TypeError: width must/);
  await assert.rejects(smartcrop.crop(CAT, { minScale: 2 }), /minScale must/);
  const boost = [{ x: 0, y: 0, width: 5, height: 5 }] as never;
  await assert.rejects(smartcrop.crop(CAT, { boost }), /boost must have x, y/);
});

test("a callback gets the result, too", async () => {
  const callback = mock.fn();
  const result = await smartcrop.crop(CAT, { width: 2, height: 1 }, callback);
  assert.deepEqual(callback.mock.calls[0].arguments, [result]);
});

test("boxes of a file lie where the upright photo's do", () => {
  const upright = { width: 30, height: 20 };
  for (let orientation = 1; orientation <= 8; orientation++) {
    const file = orientation >= 5 ? { width: 20, height: 30 } : upright;
    const box: Box = [3, 4, 11, 17];
    const stored = inFile(box, upright, orientation);
    assert.ok(within([0, 0, file.width, file.height], stored));
    assert.deepEqual([...whenUpright(stored, file, orientation)], [...box]);
  }
});

for (let orientation = 1; orientation <= 8; orientation++)
  test(`orientation ${orientation}: sharp extracts the crop from the file's own pixels`, async () => {
    const upright = await sharp(CAT).png().toBuffer();
    const stored = await STORED[orientation](sharp(upright))
      .png()
      .withMetadata({ orientation })
      .toBuffer();
    const turned = orientation >= 5;
    const options = turned ? { width: 9, height: 16 } : { width: 16, height: 9 };
    const { topCrop: crop } = await smartcrop.crop(stored, options);
    const cut = await sharp(stored)
      .extract({ left: crop.x, top: crop.y, width: crop.width, height: crop.height })
      .png()
      .withMetadata({ orientation })
      .toBuffer();
    const [found] = await (await cropper).crop(upright, "16:9", { zoom: "none" });
    const [left, top, right, bottom] = found.box;
    const expected = sharp(upright).extract({
      left,
      top,
      width: right - left,
      height: bottom - top,
    });
    assert.deepEqual(
      await sharp(cut).autoOrient().raw().toBuffer(),
      await expected.raw().toBuffer(),
    );
  });

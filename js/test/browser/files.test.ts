import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import sharp from "sharp";

import type * as Index from "../../dist/index.js";
import { picture } from "../pictures.js";
import { NO_CHROMIUM, openPage, type Opened } from "./chromium.js";

interface Page {
  marscrop: typeof Index;
  cropper: Index.Cropper;
}
declare const window: Page & typeof globalThis;

const RATIOS = ["16:9", "1:1", "4:5"];
const [WIDTH, HEIGHT] = [1601, 1203];

describe("files in Chromium", { skip: NO_CHROMIUM }, () => {
  let opened: Opened;
  const pixels = picture({ kind: "plain", width: WIDTH, height: HEIGHT, channels: 3, seed: 5 });
  const image = sharp(pixels.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

  before(async () => {
    opened = await openPage();
    await opened.page.evaluate(async () => {
      const index = "/dist/standalone/marscrop.js";
      const marscrop = (await import(index)) as typeof Index;
      Object.assign(window, { marscrop, cropper: await marscrop.Cropper.load() });
    });
  });
  after(() => opened.close());

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`a JPEG that EXIF says to turn is seen upright: ${orientation}`, async () => {
      const jpeg = await image
        .clone()
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer();
      const upright = await sharp(jpeg).rotate().png().toBuffer();
      const expected = await found(upright);
      for (const fast of [true, false]) {
        const { size, boxes } = await found(jpeg, fast);

        assert.deepEqual(size, orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
        boxes.flat().forEach((edge, i) => {
          const away = Math.abs(edge - expected.boxes.flat()[i]);
          assert.ok(away <= WIDTH / 100, `${String(boxes)}: ${String(expected.boxes)}`);
        });
      }
    });
  }

  test("a file that ends within its header is refused", async () => {
    const jpeg = await image.clone().jpeg().toBuffer();
    opened.files.set("/broken.jpg", jpeg.subarray(0, 300));
    const told = await opened.page.evaluate(async () => {
      const file = new File([await (await fetch("/broken.jpg")).blob()], "broken.jpg");
      return window.cropper.crop(file, "1:1").then(
        () => "cropped",
        (error: unknown) => (error as Error).message,
      );
    });
    assert.match(told, /^broken\.jpg: is truncated, corrupt, or of a format/);
  });

  test("photos beyond the limit are refused by their header", async () => {
    opened.files.set("/large.jpg", await image.clone().jpeg().toBuffer());
    const told = await opened.page.evaluate(async () => {
      const cropper = await window.marscrop.Cropper.load({ maxPixels: 1_000_000 });
      const file = await (await fetch("/large.jpg")).blob();
      const error: unknown = await cropper.crop(file, "1:1").catch((reason: unknown) => reason);
      return [error instanceof window.marscrop.LimitError, (error as Error).message] as const;
    });
    assert.ok(told[0]);
    assert.match(told[1], /has 1,926,003 pixels \(1601 x 1203\), more than the limit of 1,000,000/);
  });

  /** Size and boxes of a file, which the browser decodes at a fraction of its size if it is `fast`. */
  async function found(
    file: Buffer,
    fast = true,
  ): Promise<{ size: number[]; boxes: (readonly number[])[] }> {
    opened.files.set("/photo", file);
    return opened.page.evaluate(
      async ([ratios, isFast]) => {
        const { cropper } = window;
        const decoder = window.ImageDecoder;
        if (!isFast) Reflect.deleteProperty(window, "ImageDecoder");
        const analysis = await cropper.analyse(await (await fetch("/photo")).blob());
        window.ImageDecoder = decoder;
        const crops = await cropper.cropAnalysed(analysis, ratios);
        const { width, height } = analysis.size;
        return { size: [width, height], boxes: crops.map(({ box }) => box) };
      },
      [RATIOS, fast] as const,
    );
  }
});

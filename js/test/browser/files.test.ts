import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import sharp from "sharp";

import type * as Index from "../../dist/index.js";
import type * as Bitmap from "../../dist/pixels/bitmap-picture.js";
import type * as Jpeg from "../../dist/pixels/jpeg-picture.js";
import { picture } from "../pictures.js";
import { NO_CHROMIUM, openPage, type Opened } from "./chromium.js";

interface Page {
  marscrop: typeof Index;
  cropper: Index.Cropper;
}
declare const window: Page & typeof globalThis;

const [WIDTH, HEIGHT] = [1600, 1200];

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
    test(`a JPEG that EXIF says to turn is read upright: ${orientation}`, async () => {
      const jpeg = await image
        .clone()
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer();
      opened.files.set("/photo.jpg", jpeg);
      opened.files.set("/upright.png", await sharp(jpeg).rotate().png().toBuffer());
      for (const isFast of [true, false]) {
        const read = await opened.page.evaluate(readBoth, isFast);

        assert.deepEqual(read.size, orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
        assert.deepEqual(read.shown, orientation < 5 ? [400, 300] : [300, 400]);
        assert.ok(read.difference < 3, `pixels differ by ${read.difference}`);
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
    assert.match(told[1], /has 1,920,000 pixels \(1600 x 1200\), more than the limit of 1,000,000/);
  });
});

/** A JPEG, read at a quarter of its size, beside the same picture in a file that is upright. */
async function readBoth(
  isFast: boolean,
): Promise<{ size: number[]; shown: number[]; difference: number }> {
  const modules = ["jpeg-picture", "bitmap-picture"].map((name) => `/dist/pixels/${name}.js`);
  const { JpegPicture } = (await import(modules[0])) as typeof Jpeg;
  const { BitmapPicture } = (await import(modules[1])) as typeof Bitmap;
  const file = new Uint8Array(await (await fetch("/photo.jpg")).arrayBuffer());
  const upright = await BitmapPicture.of(await (await fetch("/upright.png")).blob(), "upright");
  const photo = JpegPicture.of(file, "photo")!;
  const wanted = { width: 150, height: 150 }; // a quarter is twice as large at least
  const decoder = window.ImageDecoder;
  // Without it, the browser decodes photos whole.
  if (!isFast) Reflect.deleteProperty(window, "ImageDecoder");
  const { pixels } = await photo.reduced(wanted);
  window.ImageDecoder = decoder;
  const { pixels: expected } = await upright.reduced(wanted);
  let sum = 0;
  for (let i = 0; i < pixels.data.length; i++) sum += Math.abs(pixels.data[i] - expected.data[i]);
  const { width, height } = photo.size;
  const difference = sum / pixels.data.length;
  return { size: [width, height], shown: [pixels.width, pixels.height], difference };
}

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import sharp from "sharp";

import { Cropper, ImageError, LimitError, ModelError, type Box } from "../dist/index.js";
import { SharpPicture } from "../dist/pixels/sharp-picture.js";
import { picture } from "./pictures.js";

const RATIOS = ["16:9", "1:1", "4:5"];
const PIXELS = picture({ kind: "plain", width: 1200, height: 800, channels: 3, seed: 5 });

describe("files, read with sharp", () => {
  let folder: string;
  let cropper: Cropper;
  let expected: Box[];
  const boxes = async (image: Parameters<Cropper["crop"]>[0]): Promise<Box[]> =>
    (await cropper.crop(image, RATIOS)).map(({ box }) => box);
  const path = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "marscrop-"));
    cropper = await Cropper.load();
    expected = await boxes(PIXELS);
    const image = sharp(PIXELS.data, { raw: { width: 1200, height: 800, channels: 3 } });
    await image.png().toFile(path("photo.png"));
    await image.jpeg({ quality: 95 }).toFile(path("photo.jpg"));
  });
  after(async () => {
    await cropper.close();
    rmSync(folder, { recursive: true });
  });

  test("a PNG has the crops of its pixels, however it is given", async () => {
    const bytes = readFileSync(path("photo.png"));
    const copy = new Uint8Array(bytes);
    for (const image of [path("photo.png"), pathToFileURL(path("photo.png")), bytes, copy.buffer]) {
      assert.deepEqual(await boxes(image), expected);
    }
    assert.deepEqual(await boxes(new Blob([bytes])), expected);
  });

  test("greys and transparency are read as pixels are", async () => {
    const grey = picture({ kind: "plain", width: 600, height: 400, channels: 1, seed: 6 });
    const cutOut = picture({ kind: "cutout", width: 600, height: 400, channels: 4, seed: 7 });
    for (const pixels of [grey, cutOut]) {
      const raw = { width: 600, height: 400, channels: pixels.channels };
      const file = await sharp(pixels.data, { raw }).png().toBuffer();
      assert.deepEqual(await boxes(file), await boxes(pixels));
    }
  });

  test("a JPEG has nearly the crops of its pixels", async () => {
    for (const [i, box] of (await boxes(path("photo.jpg"))).entries()) {
      box.forEach((edge, side) => {
        assert.ok(
          Math.abs(edge - expected[i][side]) <= 12,
          `${String(box)}: ${String(expected[i])}`,
        );
      });
    }
  });

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`a file that EXIF says to turn is seen upright: ${orientation}`, async () => {
      const bytes = await sharp(path("photo.jpg")).withMetadata({ orientation }).toBuffer();
      const upright = await sharp(bytes).rotate().raw().toBuffer({ resolveWithObject: true });
      const turned = await SharpPicture.of(bytes, "photo.jpg");
      const { width, height } = upright.info;

      assert.deepEqual(turned.size, { width, height });
      const { data } = await turned.region([0, 0, width, height]);
      assert.equal(Buffer.compare(Buffer.from(data), upright.data), 0);
      const small = await turned.reduced({ width: 192, height: 192 });
      assert.equal(small.pixels.width > small.pixels.height, width > height);
    });
  }

  test("what cannot be read is told with its name", async () => {
    writeFileSync(path("broken.jpg"), readFileSync(path("photo.jpg")).subarray(0, 9000));
    writeFileSync(path("text.jpg"), "no picture");
    const failed = async (image: string): Promise<string> => {
      const error: unknown = await boxes(image).catch((reason: unknown) => reason);
      assert.ok(error instanceof ImageError);
      return error.message;
    };
    assert.equal(await failed(path("none.jpg")), `${path("none.jpg")}: no such file`);
    assert.match(await failed(path("text.jpg")), /text\.jpg: is truncated or corrupt: /);
    assert.match(await failed(path("broken.jpg")), /broken\.jpg: is truncated or corrupt: /);
  });

  test("pixels that do not fit their size are refused", async () => {
    const data = new Uint8Array(100);
    await assert.rejects(boxes({ data, width: 10, height: 10, channels: 3 }), ImageError);
    await assert.rejects(
      boxes({ data, width: 0, height: 10 }),
      /has no pixels; its size is 0 x 10/,
    );
  });

  test("photos beyond the limit are refused before they are decoded", async () => {
    const small = await Cropper.load({ maxPixels: 900_000 });
    await assert.rejects(small.crop(path("photo.jpg"), "1:1"), (error: unknown) => {
      assert.ok(error instanceof LimitError);
      assert.match(
        error.message,
        /has 960,000 pixels \(1200 x 800\), more than the limit of 900,000;/,
      );
      return true;
    });
    await small.close();
  });

  test("a model that was changed is refused", async () => {
    const model = new URL("../dist/model/", import.meta.url);
    const files = ["features.onnx", "meta.onnx", "head.onnx", "subjects.onnx", "manifest.json"];
    for (const file of files) writeFileSync(path(file), readFileSync(new URL(file, model)));
    await (await Cropper.load({ model: folder })).close();

    const changed = readFileSync(path("head.onnx"));
    changed[5000] ^= 1;
    writeFileSync(path("head.onnx"), changed);
    await assert.rejects(Cropper.load({ model: folder }), (error: unknown) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /head\.onnx: its SHA-256 is not the manifest's/);
      return true;
    });
  });
});

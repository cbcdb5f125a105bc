import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type * as Index from "../../dist/index.js";
import type * as Worker from "../../dist/worker.js";
import type * as Pictures from "../pictures.js";
import { NO_CHROMIUM, openPage, type Opened } from "./chromium.js";

interface Page {
  marscrop: typeof Index;
  cropper: Worker.WorkerCropper;
  pictures: typeof Pictures;
  canvas: HTMLCanvasElement;
}
declare const window: Page & typeof globalThis;

describe("a cropper in a worker", { skip: NO_CHROMIUM }, () => {
  let opened: Opened;
  const direct: (readonly number[])[] = [];

  before(async () => {
    opened = await openPage();
    direct.push(...(await opened.page.evaluate(loadBoth)));
  });
  after(() => opened.close());

  for (const kind of ["canvas", "bitmap", "file", "element", "pixels", "offscreen canvas"]) {
    test(`finds the crops of a ${kind} that a cropper on the page finds`, async () => {
      assert.deepEqual(await opened.page.evaluate(boxesOf, kind), direct);
    });
  }

  test("leaves the page what the page gave it", async () => {
    const width = await opened.page.evaluate(async () => {
      const bitmap = await createImageBitmap(window.canvas);
      await window.cropper.crop(bitmap, "1:1");
      return bitmap.width;
    });
    assert.equal(width, 640);
  });

  test("crops what it analysed before, and finds a focal point", async () => {
    const [boxes, point] = await opened.page.evaluate(async () => {
      const { cropper, canvas } = window;
      const analysis = await cropper.analyse(canvas);
      const crops = await cropper.cropAnalysed(analysis, ["16:9", "1:1"]);
      const found = await cropper.focalAnalysed(analysis);
      return [crops.map(({ box }) => box), found] as const;
    });
    assert.deepEqual(boxes, direct);
    assert.ok(point.x > 0 && point.x < 1 && point.y > 0 && point.y < 1);
  });

  test("fails with the errors of a cropper on the page", async () => {
    const told = await opened.page.evaluate(async () => {
      const { cropper, canvas, marscrop } = window;
      const errors: unknown[] = [];
      const note = (error: unknown): void => void errors.push(error);
      await cropper.crop(canvas, "16:0").catch(note);
      await cropper.crop(canvas, "1:1", { minSize: 7 }).catch(note);
      await cropper.crop(new Blob(["no picture"]), "1:1").catch(note);
      await cropper.crop(canvas, "9:16", { keep: [0, 0, 640, 427] }).catch(note);
      const { RatioError, OptionError, ImageError, ConstraintError } = marscrop;
      const kinds = [RatioError, OptionError, ImageError, ConstraintError];
      return errors.map((error, i) => [error instanceof kinds[i], (error as Error).message]);
    });
    assert.deepEqual(
      told.map(([isKind]) => isKind),
      [true, true, true, true],
    );
    assert.match(String(told[0][1]), /^aspect ratio must be W:H.*16:0/);
    assert.match(String(told[2][1]), /^<blob>: is truncated, corrupt, or of a format/);
  });

  test("says which file of a model is not there", async () => {
    const message = await opened.page.evaluate(async () => {
      const module = "/dist/standalone/worker.js";
      const { WorkerCropper } = (await import(module)) as typeof Worker;
      return WorkerCropper.load({ model: "nowhere/" }).catch(
        (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
      );
    });
    assert.match(message as string, /^ModelError: .*nowhere\/: no model here \(manifest\.json/);
  });
});

/** Makes a canvas and both croppers; the boxes that the one on the page finds. */
async function loadBoth(): Promise<(readonly number[])[]> {
  const modules = ["marscrop.js", "worker.js"].map((name) => `/dist/standalone/${name}`);
  const marscrop = (await import(modules[0])) as typeof Index;
  const { WorkerCropper } = (await import(modules[1])) as typeof Worker;
  const pictures = "/build/pictures.js";
  const made = (await import(pictures)) as typeof Pictures;
  const pixels = made.picture({ kind: "plain", width: 640, height: 427, channels: 4, seed: 1 });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [pixels.width, pixels.height];
  const data = new Uint8ClampedArray(pixels.data);
  canvas.getContext("2d")!.putImageData(new ImageData(data, 640, 427), 0, 0);
  const cropper = await WorkerCropper.load();
  Object.assign(window, { marscrop, cropper, canvas, pictures: made });
  const onPage = await marscrop.Cropper.load();
  return (await onPage.crop(pixels, ["16:9", "1:1"])).map(({ box }) => box);
}

async function boxesOf(kind: string): Promise<(readonly number[])[]> {
  const { cropper, canvas } = window;
  const file = await new Promise<Blob>((resolve) => {
    canvas.toBlob((blob) => {
      resolve(blob!);
    });
  });
  const element = new Image();
  element.src = URL.createObjectURL(file);
  const offscreen = new OffscreenCanvas(640, 427);
  offscreen.getContext("2d")!.drawImage(canvas, 0, 0);
  const images: Record<string, Index.ImageSource> = {
    canvas,
    bitmap: await createImageBitmap(canvas),
    file,
    element,
    pixels: canvas.getContext("2d")!.getImageData(0, 0, 640, 427),
    "offscreen canvas": offscreen,
  };
  return (await cropper.crop(images[kind], ["16:9", "1:1"])).map(({ box }) => box);
}

import assert from "node:assert/strict";
import test from "node:test";

import { NO_CHROMIUM, openPage } from "./chromium.js";

test(
  "smartcrop's call takes what smartcrop.js takes in a page",
  { skip: NO_CHROMIUM },
  async () => {
    const opened = await openPage();
    const { found, expected } = await opened.page.evaluate(async () => {
      const standalone = "/dist/standalone/";
      const { default: smartcrop } = (await import(
        `${standalone}smartcrop.js`
      )) as typeof import("../../dist/smartcrop.js");
      const { Cropper } = (await import(
        `${standalone}marscrop.js`
      )) as typeof import("../../dist/index.js");
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [300, 200];
      const context = canvas.getContext("2d")!;
      context.fillStyle = "skyblue";
      context.fillRect(0, 0, 300, 200);
      context.fillStyle = "firebrick";
      context.fillRect(200, 80, 60, 80);
      const image = new Image();
      image.src = canvas.toDataURL();
      await image.decode();
      const bitmap = await createImageBitmap(canvas);
      const found = [];
      for (const one of [canvas, image, bitmap])
        found.push((await smartcrop.crop(one, { width: 100, height: 100 })).topCrop);
      const [{ box }] = await (await Cropper.load()).crop(canvas, "1:1", { zoom: "none" });
      const [x, y, x1, y1] = box;
      return { found, expected: { x, y, width: x1 - x, height: y1 - y } };
    });
    await opened.close();
    assert.deepEqual(found, [expected, expected, expected]);
  },
);

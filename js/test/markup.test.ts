import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  fitFocalPoint,
  pictureElement,
  scaledSizes,
  srcset,
  urlOf,
  type FocalPoint,
  type PictureOptions,
  type WebImage,
} from "../dist/markup/index.js";
import type { Box, Size } from "../dist/index.js";

/** What Python answers: see tests/contract/test_javascript_markup.py. */
const cases = JSON.parse(
  readFileSync(new URL("../test/markup-cases.json", import.meta.url), "utf8"),
) as {
  urlOf: { name: string; base: string; url: string }[];
  scaledSizes: { crop: Size; widths: number[]; sizes: Size[] }[];
  pictureElement: { images: WebImage[]; options: PictureOptions; html: string }[];
  fitFocalPoint: {
    picture: Box;
    crops: Box[];
    keep: Box[];
    avoid: Box[];
    point: FocalPoint;
  }[];
};

test("URLs are Python's", () => {
  for (const { name, base, url } of cases.urlOf) assert.equal(urlOf(name, base), url);
});

test("sizes of files are Python's", () => {
  for (const { crop, widths, sizes } of cases.scaledSizes)
    assert.deepEqual(scaledSizes(crop, widths), sizes);
});

test("picture elements are Python's", () => {
  for (const { images, options, html } of cases.pictureElement)
    assert.equal(pictureElement(images, options), html);
});

test("focal points are Python's", () => {
  for (const { picture, crops, keep, avoid, point } of cases.fitFocalPoint)
    assert.deepEqual(fitFocalPoint(picture, crops, keep, avoid), point);
});

test("srcset lists each file with its width", () => {
  const files = [
    { url: "a_320.webp", size: { width: 320, height: 180 } },
    { url: "a_640.webp", size: { width: 640, height: 360 } },
  ];
  assert.equal(srcset(files), "a_320.webp 320w, a_640.webp 640w");
});

test("a picture without an image is an error", () => {
  assert.throws(
    () => pictureElement([], { alt: "", sizes: "100vw", objectPosition: "50% 50%" }),
    /one image/,
  );
});

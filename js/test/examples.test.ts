import assert from "node:assert/strict";
import test from "node:test";

/** The examples' modules that need nothing installed. */
const example = (path: string) => import(new URL(`../examples/${path}`, import.meta.url).href);

test("Next.js asks for the file of a crop in the width that it needs", async () => {
  const { default: loader } = (await example("next/loader.js")) as {
    default: (asked: { src: string; width: number }) => string;
  };
  assert.equal(loader({ src: "/crops/cat_16x9.webp", width: 640 }), "/crops/cat_16x9_640.webp");
  assert.equal(loader({ src: "/v1.2/cat.webp", width: 64 }), "/v1.2/cat_64.webp");
});

test("crops are written in every width that Next.js may ask for", async () => {
  const { WIDTHS } = (await example("next/widths.js")) as { WIDTHS: number[] };
  const { default: config } = (await example("next/next.config.js")) as {
    default: { images: { deviceSizes: number[]; imageSizes: number[] } };
  };
  const { deviceSizes, imageSizes } = config.images;
  assert.deepEqual(WIDTHS, [...imageSizes, ...deviceSizes]);
});

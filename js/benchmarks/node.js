// From a JPEG's path to a box in Node, beside smartcrop-sharp: `npm run node -- --rounds 15`; with
// `--backend wasm`, as it is where onnxruntime-node is not installed.
import { parseArgs } from "node:util";

import { Cropper } from "marscrop";
import smartcrop from "smartcrop-sharp";

import { median, spread, table } from "./numbers.js";
import { folder, madePhoto } from "./photos.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, backend: { type: "string" } },
});
const photos = await folder();
const cropper = await Cropper.load({ backend: values.backend });
const ways = {
  marscrop: (path) => cropper.crop(path, ["1:1"]),
  "smartcrop-sharp": (path) => smartcrop.crop(path, { width: 100, height: 100 }),
};

const rows = [];
for (const megapixels of [0.2, 3, 16]) {
  const path = await madePhoto(photos, megapixels);
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -2; round < Number(values.rounds); round++) {
    const order = Object.entries(ways);
    for (const [name, way] of round % 2 ? order.reverse() : order) {
      const since = performance.now();
      await way(path);
      if (round >= 0) times[name].push(performance.now() - since); // two to warm up
    }
  }
  const ratio = median(
    times["smartcrop-sharp"].map((other, round) => other / times.marscrop[round]),
  );
  rows.push([
    `${megapixels} megapixels`,
    ...Object.values(times).map((some) => spread(some)),
    ratio.toFixed(2),
  ]);
}
console.log(
  `A JPEG's path to a square, ${values.rounds} rounds in turn; median and middle half [ms]\n`,
);
console.log(table(["", ...Object.keys(ways), "times as fast, in the median round"], rows));

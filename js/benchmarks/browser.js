// A JPEG of 12 megapixels at three ratios in headless Chromium, beside smartcrop.js:
// `npm run browser -- --rounds 15`. The file is in memory; both decode it and find three boxes.
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { prepared, serve, withChromium } from "./chromium.js";
import { median, spread, table } from "./numbers.js";
import { folder, madePhoto } from "./photos.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    megapixels: { type: "string", default: "12" },
  },
});
const photos = await folder();
const photo = await madePhoto(photos, Number(values.megapixels));
const server = await serve({ "/photos/": `${photos}/` });

const times = await withChromium(async (browser) => {
  const page = await prepared(browser, server.address);
  return page.evaluate(
    async ([url, rounds]) => {
      const file = new File([await (await fetch(url)).blob()], "photo.jpg", { type: "image/jpeg" });
      const ratios = [
        [16, 9],
        [1, 1],
        [4, 5],
      ];
      const ways = {
        marscrop: () =>
          cropper.crop(
            file,
            ratios.map((ratio) => ratio.join(":")),
          ),
        "smartcrop.js": async () => {
          const bitmap = await createImageBitmap(file);
          for (const [width, height] of ratios) await smartcrop.crop(bitmap, { width, height });
          bitmap.close();
        },
      };
      const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
      for (let round = -2; round < rounds; round++) {
        const order = Object.entries(ways);
        for (const [name, way] of round % 2 ? order.reverse() : order) {
          const since = performance.now();
          await way();
          if (round >= 0) times[name].push(performance.now() - since); // two to warm up
        }
      }
      return times;
    },
    [`/photos/${basename(photo)}`, Number(values.rounds)],
  );
});
await server.close();

console.log(
  `${values.megapixels} megapixels, three ratios, ${values.rounds} rounds in turn; median and middle half [ms]\n`,
);
console.log(
  table(
    ["", "ms"],
    Object.entries(times).map(([name, some]) => [name, spread(some)]),
  ),
);
const ratio = median(times["smartcrop.js"].map((other, round) => other / times.marscrop[round]));
console.log(`\nsmartcrop.js takes ${ratio.toFixed(2)} times as long, in the median round`);

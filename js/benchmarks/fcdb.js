// Crops of FCDB's validation photos, both found in headless Chromium, against the human crops:
// `npm run fcdb -- FOLDER`, with a folder as docs/data.md describes it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { prepared, serve, withChromium } from "./chromium.js";
import { interval, mean, table } from "./numbers.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { first: { type: "string" } },
});
const [data] = positionals;
if (!data) throw new Error("which folder is FCDB in?");

/** Whether a photo is held out from training, as marscrop_research.data.fcdb has it. */
function isValidation(name) {
  return BigInt(`0x${createHash("sha1").update(name).digest("hex")}`) % 5n === 0n;
}

const photos = JSON.parse(readFileSync(join(data, "cropping_training_set.json"), "utf8"))
  .map(({ url, crop: [x, y, width, height] }) => ({
    name: url.split("/").at(-1),
    person: [x, y, x + width, y + height],
  }))
  .filter(({ name }) => isValidation(name))
  .slice(0, values.first && Number(values.first));

const server = await serve({ "/photos/": `${join(data, "images")}/` });
const answers = await withChromium(async (browser) => {
  const page = await prepared(browser, server.address);
  const found = [];
  for (const { name, person } of photos)
    found.push(
      await page.evaluate(
        async ([url, [x0, y0, x1, y1]]) => {
          const file = await (await fetch(url)).blob();
          const bitmap = await createImageBitmap(file);
          const { width, height } = bitmap;
          const size = { width: x1 - x0, height: y1 - y0 };
          const ratio = `${size.width}:${size.height}`;
          const theirs = async (options) => {
            const { topCrop } = await smartcrop.crop(bitmap, { ...size, ...options });
            const { x, y } = topCrop;
            return [x, y, x + topCrop.width, y + topCrop.height];
          };
          const ours = async (options) => [...(await cropper.crop(file, [ratio], options))[0].box];
          const most = Math.min(width / size.width, height / size.height);
          const [w, h] = [size.width * most, size.height * most];
          const centre = [(width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2];
          return {
            size: [width, height],
            boxes: {
              marscrop: await ours({}),
              "marscrop, zoom none": await ours({ zoom: "none" }),
              "smartcrop.js": await theirs({}),
              "smartcrop.js, minScale 0.8": await theirs({
                minScale: 0.8,
                width: 1,
                height: size.height / size.width,
              }),
              "centre crop": centre,
            },
          };
        },
        [`/photos/${encodeURIComponent(name)}`, person],
      ),
    );
  return found;
});
await server.close();

function iou(a, b) {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const both = Math.max(across, 0) * Math.max(down, 0);
  const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
  return both / (area(a) + area(b) - both);
}

/** Mean distance of the four edges, as shares of the photo's sides. */
function displacement(a, b, [width, height]) {
  const away = (edge) => Math.abs(a[edge] - b[edge]);
  return ((away(0) + away(2)) / width + (away(1) + away(3)) / height) / 4;
}

const scores = (name) => photos.map(({ person }, index) => iou(answers[index].boxes[name], person));
const ours = scores("marscrop");
const rows = Object.keys(answers[0].boxes).map((name) => {
  const theirs = scores(name);
  const less = ours.map((score, index) => score - theirs[index]);
  const [low, high] = interval(less);
  const bde = photos.map(({ person }, index) =>
    displacement(answers[index].boxes[name], person, answers[index].size),
  );
  return [
    name,
    mean(theirs).toFixed(4),
    mean(bde).toFixed(4),
    name === "marscrop" ? "" : `${mean(less).toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`,
  ];
});
console.log(`${photos.length} photos, at the human crop's ratio\n`);
console.log(
  table(["", "IoU", "boundary displacement", "marscrop's IoU is higher by (95 %)"], rows),
);

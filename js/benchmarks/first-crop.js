// The first crop in a page that has nothing yet, from a local server: what is downloaded, and how
// long it takes. `npm run first-crop -- --rounds 7`
import { basename } from "node:path";
import { parseArgs } from "node:util";

import { serve, withChromium } from "./chromium.js";
import { spread, table } from "./numbers.js";
import { folder, madePhoto } from "./photos.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const photos = await folder();
const photo = await madePhoto(photos, 1);
const server = await serve({ "/photos/": `${photos}/` });

const times = [];
for (let round = 0; round < Number(values.rounds); round++) {
  server.sent.length = 0;
  const time = await withChromium(async (browser) => {
    const page = await browser.newPage();
    await page.goto(server.address);
    return page.evaluate(
      async (url) => {
        const file = await (await fetch(url)).blob();
        const since = performance.now();
        const { Cropper } = await import("/marscrop/standalone/marscrop.js");
        const cropper = await Cropper.load();
        await cropper.crop(file, ["16:9"]);
        return performance.now() - since;
      },
      `/photos/${basename(photo)}`,
    );
  });
  times.push(time);
}
await server.close();

const ours = server.sent.filter(({ path }) => path.startsWith("/marscrop/"));
const kinds = {
  model: ours.filter(({ path }) => path.includes("/model/")),
  runtime: ours.filter(({ path }) => /ort|onnxruntime/.test(path)),
};
kinds.script = ours.filter((file) => !kinds.model.includes(file) && !kinds.runtime.includes(file));
const megabytes = (files, key) =>
  (files.reduce((sum, file) => sum + file[key], 0) / 1e6).toFixed(2);
const row = (name, files) => [name, megabytes(files, "bytes"), megabytes(files, "zipped")];
console.log("Downloaded before the first crop [MB]\n");
console.log(
  table(
    ["", "as they are", "with gzip"],
    [...Object.entries(kinds).map(([name, files]) => row(name, files)), row("all", ours)],
  ),
);
console.log(`\n${ours.map(({ path, bytes }) => `${path} ${bytes}`).join("\n")}`);
console.log(
  `\nFrom the import to the first box, a 1-megapixel JPEG, fresh browser: ${spread(times, 0)} ms, ${times.length} rounds`,
);

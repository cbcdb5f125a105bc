// Writes crops of all photos in a folder, in every width that Next.js may ask for:
// `node crops.js ../../../examples public/crops 16:9 1:1`. A crop that is narrower stays as wide as it is.
import { mkdir, readdir } from "node:fs/promises";
import { join, parse } from "node:path";

import { Cropper } from "marscrop";
import sharp from "sharp";

import { WIDTHS } from "./widths.js";

const [photos, into, ...ratios] = process.argv.slice(2);
const cropper = await Cropper.load();
await mkdir(into, { recursive: true });
for (const file of (await readdir(photos)).filter((name) =>
  /\.(jpe?g|png|webp|avif)$/i.test(name),
)) {
  const path = join(photos, file);
  for (const { ratio, box } of await cropper.crop(path, ratios)) {
    const [left, top, right, bottom] = box;
    const size = { width: right - left, height: bottom - top };
    const cut = sharp(
      await sharp(path)
        .autoOrient()
        .extract({ left, top, ...size })
        .png()
        .toBuffer(),
    );
    const stem = `${parse(file).name}_${ratio.label.replace(":", "x")}`;
    for (const width of WIDTHS)
      await cut
        .clone()
        .resize({ width, withoutEnlargement: true })
        .webp()
        .toFile(join(into, `${stem}_${width}.webp`));
    console.log(stem, box.join(", "));
  }
}

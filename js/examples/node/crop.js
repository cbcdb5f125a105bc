// Writes crops of a photo: `node crop.js photo.jpg 16:9 1:1` makes
// photo_16x9.jpg and photo_1x1.jpg in this folder.
import { basename, extname } from "node:path";

import { Cropper } from "marscrop";
import sharp from "sharp";

const [path, ...ratios] = process.argv.slice(2);
if (!path || !ratios.length) {
  console.error("usage: node crop.js PHOTO RATIO...");
  process.exit(2);
}
const cropper = await Cropper.load();
for (const { ratio, box, confidence } of await cropper.crop(path, ratios)) {
  const [left, top, right, bottom] = box;
  const name = `${basename(path, extname(path))}_${ratio.label.replace(":", "x")}.jpg`;
  await sharp(path)
    .autoOrient() // boxes are those of the upright photo
    .extract({ left, top, width: right - left, height: bottom - top })
    .toFile(name);
  console.log(`${name}: ${box.join(", ")}, confidence ${confidence.toFixed(2)}`);
}

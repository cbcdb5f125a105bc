// Photos to measure with: the examples, enlarged to a number of megapixels.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import sharp from "sharp";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

/** A folder for photos that are made. */
export const folder = () => mkdtemp(join(tmpdir(), "marscrop-photos-"));

/** Path of a JPEG of 4:3 with so many megapixels, of quality 90 and with the noise of a camera, so
 *  that it has as many bytes a pixel as photos have. */
export async function madePhoto(into, megapixels, example = "coffee.jpg") {
  const width = Math.round(Math.sqrt((megapixels * 1e6 * 4) / 3));
  const height = Math.round((width * 3) / 4);
  const noise = { type: "gaussian", mean: 128, sigma: 12 };
  const grain = await sharp({ create: { width, height, channels: 3, background: "grey", noise } })
    .png()
    .toBuffer();
  const path = join(into, `${megapixels}.jpg`);
  await sharp(join(EXAMPLES, example))
    .resize(width, height)
    .composite([{ input: grain, blend: "soft-light" }])
    .jpeg({ quality: 90 })
    .toFile(path);
  return path;
}

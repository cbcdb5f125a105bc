// A photo's crop in widths and formats for browsers, and the HTML that shows it.
import { mkdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";

import { Cropper } from "marscrop";
import { pictureElement, scaledSizes, urlOf } from "marscrop/markup";
import sharp from "sharp";

const FORMATS = ["avif", "webp", "jpeg"]; // the last is for browsers that know no other
const loading = Cropper.load();

/** The `<picture>` of a crop, whose files are written into a folder that has a URL. */
export async function picture(path, ratio, alt, { folder, url, sizes = "100vw" }) {
  const cropper = await loading;
  const analysis = await cropper.analyse(path);
  const [{ box }] = await cropper.cropAnalysed(analysis, ratio);
  const [left, top, right, bottom] = box;
  const size = { width: right - left, height: bottom - top };
  const cut = sharp(
    await sharp(path)
      .autoOrient()
      .extract({ left, top, ...size })
      .png()
      .toBuffer(),
  );
  const stem = `${basename(path, extname(path))}_${ratio.replace(":", "x")}`;
  await mkdir(folder, { recursive: true });
  const images = FORMATS.map((format) => ({
    mediaType: `image/${format}`,
    files: scaledSizes(size).map((scaled) => {
      const name = `${stem}_${scaled.width}.${format}`;
      return { name, size: scaled, url: urlOf(name, url) };
    }),
  }));
  for (const { files } of images)
    for (const file of files) await cut.clone().resize(file.size).toFile(join(folder, file.name));
  // A layout of another ratio shows what that ratio's crop would.
  const { objectPosition } = await cropper.focalAnalysed(analysis, {}, box);
  return pictureElement(images, { alt, sizes, objectPosition });
}

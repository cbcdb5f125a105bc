// Crops as files, one or all.

import { answers } from "./answers.js";
import { fileName, formatOf, save } from "./exports.js";
import { sizeOf } from "./geometry.js";
import { sizeNamed } from "./ratios.js";
import { cropParameters, fileSettings } from "./settings.js";
import { zip } from "./zip.js";

const ownSize = ({ box, canvas }) => canvas ?? sizeOf(box);

/** Width and height [px] of a crop's file: those that its ratio names, unless that enlarges it
 *  and nobody asked for that. */
export function fileSize(crop) {
  const own = ownSize(crop), named = sizeNamed(crop.ratio);
  return named && (named[0] <= own[0] || fileSettings().enlarge) ? named : own;
}

function parameters(crop, format) {
  const written = [["format", format], ["metadata", fileSettings().metadata]];
  const own = ownSize(crop), [width, height] = fileSize(crop);
  if (width === own[0] && height === own[1]) return written;
  written.push(["width", width]);
  if (!crop.padding) written.push(["height", height]); // else its ratio is asked for, and tells it
  const times = Math.min(width / own[0], height / own[1]);
  if (times > 1) written.push(["enlarge", Math.ceil(times * 100) / 100]);
  return written;
}

/** {name, blob, losses} of a crop. */
async function made(photo, crop) {
  const format = formatOf(photo, fileSettings().format, answers.can.formats);
  const written = parameters(crop, format);
  const answer = crop.padding
    ? await answers.cutFound(photo, crop.ratio, cropParameters(), written)
    : await answers.cut(photo, crop.box, written);
  return { name: fileName(photo, crop.ratio, format), ...answer };
}

/** Save one crop: {name of its file, losses}. */
export async function takeOne(photo, crop) {
  const { name, blob, losses } = await made(photo, crop);
  save(blob, name);
  return { name, losses };
}

/** Save many, [photo, crop] each, as one ZIP file, and give how many there are in it.
 *
 *  on: { progress(at, of), lost(photo, crop, losses), failed(photo, crop, error) }
 */
export async function takeAll(wanted, on) {
  const files = [], names = new Map();
  for (const [index, [photo, crop]] of wanted.entries()) {
    on.progress(index + 1, wanted.length);
    try {
      const { name, blob, losses } = await made(photo, crop);
      if (losses) on.lost(photo, crop, losses);
      const times = (names.get(name) ?? 0) + 1;
      names.set(name, times);
      files.push({
        name: times > 1 ? name.replace(/(\.\w+)$/, `_${times}$1`) : name, // two photos of one name
        bytes: new Uint8Array(await blob.arrayBuffer()),
      });
    } catch (error) {
      on.failed(photo, crop, error);
    }
  }
  if (files.length) save(zip(files), "crops.zip");
  return files.length;
}

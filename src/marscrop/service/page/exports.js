// What people take away: files, JSON, CSS.

import { clamp, largest, sizeOf } from "./geometry.js";
import { ratioValue } from "./ratios.js";

const stem = (name) => name.replace(/\.[^.]+$/, "") || "photo";

/** File name of a crop, as the command line has it: photo_16x9.jpg. */
export const fileName = (photo, ratio, format) =>
  `${stem(photo.name)}_${ratio.replace(/[^0-9A-Za-z.]+/g, "x")}.${format}`;

/** The format of a crop, for what was chosen and the photo's own; where that cannot be written, one
 *  that holds as much. formats: that can be, null for all. */
export function formatOf(photo, chosen, formats) {
  if (chosen !== "same") return chosen;
  const own = { "image/png": "png", "image/webp": "webp", "image/avif": "avif" }[photo.file.type] ?? "jpg";
  return !formats || formats.includes(own) ? own : "png";
}

/** One line a photo, as `marscrop crop --json` prints it. */
export const asJson = (photos, ratios) =>
  photos.map((photo) => JSON.stringify({
    image: photo.name,
    width: photo.size[0],
    height: photo.size[1],
    crops: ratios.map((ratio) => photo.crops.get(ratio)).filter((crop) => crop?.box)
      .map(({ ratio, box, confidence, edited, candidate, centred, padding, canvas }) =>
        edited ? { ratio, box, edited }
          : { ratio, box, confidence, candidate, centred, padding, canvas }), // JSON has no undefined
  })).join("\n");

const percent = (share) => `${+(share * 100).toFixed(2)}%`;

/** Rules for an <img> of the whole photo: where it is cut, and the exact crop where that is known. */
function rule(photo, { ratio, box }) {
  const [width, height] = photo.size;
  const value = ratioValue(ratio);
  const [w, h] = largest(value, photo.size);
  const [bw, bh] = sizeOf(box);
  const at = (centre, part, whole) =>
    percent(whole > part ? clamp((centre - part / 2) / (whole - part), 0, 1) : 0.5);
  const x = at(box[0] + bw / 2, w, width), y = at(box[1] + bh / 2, h, height);
  const inset = [box[1] / height, 1 - box[2] / width, 1 - box[3] / height, box[0] / width].map(percent);
  const plain = fileName(photo, ratio, "").replace(/[^\w]+/g, "-").replace(/^-+|-+$/g, "");
  const name = /^\d/.test(plain) ? `c-${plain}` : plain;
  return `.${name} {
  aspect-ratio: ${ratio.replace(/[:x]/, " / ")};
  object-fit: cover;
  object-position: ${x} ${y};
}
@supports (object-view-box: none) {
  .${name} { object-view-box: inset(${inset.join(" ")}); object-position: center; }
}`;
}

export const asCss = (photos, ratios) =>
  "/* object-position keeps the place; where object-view-box is known, the size too. */\n" +
  photos.flatMap((photo) => ratios.map((ratio) => photo.crops.get(ratio))
    .filter((crop) => crop?.box && !crop.padding).map((crop) => rule(photo, crop))).join("\n") + "\n";

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

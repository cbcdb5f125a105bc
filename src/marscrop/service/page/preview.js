// What the page shows of a photo.

import { answers } from "./answers.js";

const WIDEST_PX = 1600; // of those that are made

/** A URL of the upright photo; of formats that browsers do not show, one that is made. */
export async function preview(photo) {
  const url = URL.createObjectURL(photo.file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return url;
  } catch {
    URL.revokeObjectURL(url);
    const written = [["format", "jpg"], ["width", Math.min(WIDEST_PX, photo.size[0])]];
    return URL.createObjectURL((await answers.cut(photo, [0, 0, ...photo.size], written)).blob);
  }
}

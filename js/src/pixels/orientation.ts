/** EXIF orientation: what a photo still needs to be upright, and turning it. */

import type { Size, Window } from "../geometry.js";
import type { Pixels } from "./pixels.js";

/** The size that a picture has when it is turned, or had before: both are the same change. */
export function turnedSize({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** Stored pixels, upright; themselves where nothing is to be done. */
export function turned(pixels: Pixels, orientation: number): Pixels {
  if (!(orientation >= 2 && orientation <= 8)) return pixels;
  const { width, height, channels } = pixels;
  const size = turnedSize(pixels, orientation);
  const data = new Uint8Array(pixels.data.length);
  // Where the upright picture's first pixel is stored, and the way to its next column and row.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const x = fromRight ? -channels : channels;
  const y = (fromBottom ? -width : width) * channels;
  const origin = ((fromBottom ? height - 1 : 0) * width + (fromRight ? width - 1 : 0)) * channels;
  const [column, row] = orientation >= 5 ? [y, x] : [x, y];
  for (let j = 0, at = 0; j < size.height; j++) {
    for (let i = 0; i < size.width; i++) {
      const from = origin + i * column + j * row;
      for (let c = 0; c < channels; c++) data[at++] = pixels.data[from + c];
    }
  }
  return { data, ...size, channels };
}

/**
 * Where the top left corner of a stored picture lies once it is turned.
 *
 * @param corner - size of the region that begins at (0, 0) of the stored picture [px].
 * @param upright - whole size of the turned picture [px].
 */
export function turnedCorner(corner: Size, upright: Size, orientation: number): Window {
  const { width, height } = turnedSize(corner, orientation);
  const x0 = [2, 3, 6, 7].includes(orientation) ? upright.width - width : 0;
  const y0 = [3, 4, 7, 8].includes(orientation) ? upright.height - height : 0;
  return [x0, y0, x0 + width, y0 + height];
}

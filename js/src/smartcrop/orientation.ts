/** Where a box of the upright photo lies among the pixels of its file. */

import type { Box, Size } from "../geometry.js";

/**
 * The box in pixels of the file.
 *
 * @param box in pixels of the upright photo.
 * @param upright size of the upright photo [px].
 * @param orientation as EXIF has it, 1..8: how the file's pixels are turned to stand upright.
 */
export function inFile(box: Box, upright: Size, orientation: number): Box {
  const [x0, y0, x1, y1] = box;
  const { width, height } = upright;
  const mirrored: Box = [width - x1, y0, width - x0, y1];
  switch (orientation) {
    case 2:
      return mirrored;
    case 3:
      return [width - x1, height - y1, width - x0, height - y0];
    case 4:
      return [x0, height - y1, x1, height - y0];
    case 5:
      return [y0, x0, y1, x1];
    case 6: // the file is turned a quarter clockwise to stand upright
      return [y0, width - x1, y1, width - x0];
    case 7:
      return [height - y1, width - x1, height - y0, width - x0];
    case 8:
      return [height - y1, x0, height - y0, x1];
    default:
      return box;
  }
}

/** A box of the file, in pixels of the upright photo: the way back of `inFile`. */
export function whenUpright(box: Box, file: Size, orientation: number): Box {
  const back = orientation === 6 ? 8 : orientation === 8 ? 6 : orientation;
  return inFile(box, file, back);
}

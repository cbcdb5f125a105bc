/** Limits of pictures, checked before they are decoded. */

import { ImageError, LimitError } from "../errors.js";
import type { Size } from "../geometry.js";

/** Larger pictures are refused: the largest cameras make 200 million, bombs make billions. */
export const DEFAULT_MAX_PIXELS = 300_000_000;

/**
 * Refuse a picture with more pixels than that, or none.
 *
 * @throws LimitError, ImageError
 */
export function checkPixels({ width, height }: Size, maxPixels: number, name: string): void {
  if (width < 1 || height < 1) {
    throw new ImageError(`has no pixels; its size is ${width} x ${height}`, name);
  }
  const count = width * height;
  if (count > maxPixels) {
    throw new LimitError(
      `has ${grouped(count)} pixels (${width} x ${height}), more than the limit of ` +
        `${grouped(maxPixels)}; make it smaller or raise maxPixels`,
      name,
    );
  }
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

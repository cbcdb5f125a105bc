/** A photo that the browser decodes. */

import { ImageError } from "../errors.js";
import type { Box, Size } from "../geometry.js";
import { PixelReader } from "./canvas.js";
import { isSolid } from "./ground.js";
import { asRgb, type Picture, type Reduced } from "./picture.js";
import type { Pixels } from "./pixels.js";
import { blockMeans, divisorOf } from "./reduce.js";

/** Rows that are read at once: few enough to stay in the processor's cache. */
const STRIP_ROWS = 64;

/** A photo that the browser decodes, upright and in sRGB. */
export class BitmapPicture implements Picture {
  readonly size: Size;
  private readonly reader: PixelReader;

  private constructor(
    private readonly bitmap: ImageBitmap,
    readonly name: string,
    private readonly isOurs: boolean,
  ) {
    this.size = { width: bitmap.width, height: bitmap.height };
    this.reader = new PixelReader(name);
  }

  /**
   * A photo in a file, an element, or a canvas.
   *
   * @throws ImageError what the browser cannot decode.
   */
  static async of(source: ImageBitmapSource, name: string): Promise<BitmapPicture> {
    if (source instanceof ImageBitmap) return new BitmapPicture(source, name, false);
    try {
      return new BitmapPicture(await createImageBitmap(source), name, true);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ImageError(
        `is truncated, corrupt, or of a format that this browser does not read: ${reason}`,
        name,
      );
    }
  }

  reduced(wanted: Size): Promise<Reduced> {
    const { width, height } = this.size;
    const divisor = divisorOf(this.size, wanted);
    const means = divisor > 1 ? this.means(divisor) : null;
    if (!means) return Promise.resolve({ pixels: this.read([0, 0, width, height]), region: null });
    return Promise.resolve({ pixels: means, region: [0, 0, width / divisor, height / divisor] });
  }

  region(box: Box): Promise<Pixels> {
    return Promise.resolve(asRgb(this.read(box)));
  }

  close(): void {
    if (this.isOurs) this.bitmap.close();
  }

  /** Means of blocks of the photo; null where some of it is transparent. */
  private means(divisor: number): Pixels | null {
    const { width, height } = this.size;
    const across = Math.ceil(width / divisor);
    const down = Math.ceil(height / divisor);
    const data = new Uint8Array(across * down * 4);
    for (let y = 0; y < height; y += STRIP_ROWS) {
      const strip = this.read([0, y, width, Math.min(height, y + STRIP_ROWS)]);
      if (!isSolid(strip)) return null;
      data.set(blockMeans(strip, divisor).data, (y / divisor) * across * 4);
    }
    return { data, width: across, height: down, channels: 4 };
  }

  private read(box: Box): Pixels {
    return this.reader.read(this.bitmap, box);
  }
}

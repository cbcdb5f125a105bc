/** A photo that the browser decodes. */

import { ImageError } from "../errors.js";
import type { Box, Size } from "../geometry.js";
import { isSolid } from "./ground.js";
import { asRgb, type Picture, type Reduced } from "./picture.js";
import type { Pixels } from "./pixels.js";
import { blockMeans, divisorOf } from "./reduce.js";

/** Rows that are read at once: few enough to stay in the processor's cache. */
const STRIP_ROWS = 64;

/** A photo that the browser decodes, upright and in sRGB. */
export class BitmapPicture implements Picture {
  readonly size: Size;

  private constructor(
    private readonly bitmap: ImageBitmap,
    readonly name: string,
    private readonly isOurs: boolean,
  ) {
    this.size = { width: bitmap.width, height: bitmap.height };
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

  private read([x0, y0, x1, y1]: Box): Pixels {
    const context = contextOf(x1 - x0, y1 - y0);
    context.drawImage(this.bitmap, -x0, -y0);
    try {
      const { data, width, height } = context.getImageData(0, 0, x1 - x0, y1 - y0);
      return { data, width, height, channels: 4 };
    } catch {
      throw new ImageError(
        "may not be read: it comes from another origin, which must allow that (CORS), with " +
          'crossorigin="anonymous" on the element',
        this.name,
      );
    }
  }
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function contextOf(width: number, height: number): Context {
  const options = { willReadFrequently: true } as const;
  let context: Context | null;
  if (typeof OffscreenCanvas === "undefined") {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    context = canvas.getContext("2d", options) as CanvasRenderingContext2D | null;
  } else {
    const canvas = new OffscreenCanvas(width, height);
    context = canvas.getContext("2d", options);
  }
  if (!context) throw new ImageError("needs a canvas of two dimensions, which this browser lacks");
  return context;
}

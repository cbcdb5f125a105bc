/** Pixels of what the browser can draw. */

import { ImageError } from "../errors.js";
import type { Box } from "../geometry.js";
import type { Pixels } from "./pixels.js";

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A canvas in memory through which pixels are read. */
export class PixelReader {
  private context: Context | null = null;

  /** @param name - of what is read, for messages. */
  constructor(private readonly name: string) {}

  /**
   * The pixels of a box of a source, RGBA.
   *
   * @throws ImageError a source that this page may not read.
   */
  read(source: CanvasImageSource, [x0, y0, x1, y1]: Box): Pixels {
    const [width, height] = [x1 - x0, y1 - y0];
    const context = this.sized(width, height);
    context.drawImage(source, -x0, -y0);
    try {
      return { data: context.getImageData(0, 0, width, height).data, width, height, channels: 4 };
    } catch {
      throw new ImageError(
        "may not be read: it comes from another origin, which must allow that (CORS), with " +
          'crossorigin="anonymous" on the element',
        this.name,
      );
    }
  }

  /** A canvas of this size that is empty; the same one as long as the size stays. */
  private sized(width: number, height: number): Context {
    const { context } = this;
    if (context?.canvas.width === width && context.canvas.height === height) {
      context.clearRect(0, 0, width, height);
      return context;
    }
    this.context = contextOf(width, height);
    return this.context;
  }
}

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

/** A photo that sharp decodes, in Node. */

import type { Sharp, SharpOptions } from "sharp";

import { ImageError, MissingExtraError } from "../errors.js";
import type { Box, Size } from "../geometry.js";
import { turned, turnedCorner, turnedSize } from "./orientation.js";
import { asRgb, type Picture, type Reduced } from "./picture.js";
import { cutOut, type Pixels } from "./pixels.js";
import { divisorOf } from "./reduce.js";

type Load = (input: string | Uint8Array, options: SharpOptions) => Sharp;

/** Pixels are counted before (`maxPixels`); what is damaged is refused, as in Python. */
const OPTIONS: SharpOptions = { limitInputPixels: false, failOn: "error" };

/** A photo that sharp decodes, upright and in sRGB. */
export class SharpPicture implements Picture {
  private whole: Promise<Pixels> | null = null;

  private constructor(
    private readonly image: () => Sharp,
    readonly name: string,
    readonly size: Size,
    /** As EXIF has it, 1..8. */
    readonly orientation: number,
    private readonly isJpeg: boolean,
  ) {}

  /**
   * A photo in a file or in memory, of which the header is read.
   *
   * @throws ImageError what sharp cannot read; MissingExtraError without sharp.
   */
  static async of(input: string | Uint8Array, name: string): Promise<SharpPicture> {
    const sharp = await loadSharp();
    const image = () => sharp(input, OPTIONS);
    const { width, height, orientation = 1, format } = await explained(name, image().metadata());
    const size = turnedSize({ width, height }, orientation);
    return new SharpPicture(image, name, size, orientation, format === "jpeg");
  }

  async reduced(wanted: Size): Promise<Reduced> {
    const divisor = this.isJpeg ? divisorOf(this.size, wanted) : 1;
    if (divisor === 1) return { pixels: await this.upright(), region: null };
    // A little more than 8, so that sharp leaves an eighth of the size to JPEG's own reduction. Of
    // its kernels this one gives what is nearest to that.
    const shrink = divisor === 8 ? 9 : divisor;
    const stored = turnedSize(this.size, this.orientation);
    const size = {
      width: Math.floor(stored.width / shrink),
      height: Math.floor(stored.height / shrink),
    };
    const options = { ...size, fit: "fill", kernel: "cubic", fastShrinkOnLoad: true } as const;
    const small = turned(await this.read(this.image().resize(options)), this.orientation);
    const shown = shownOf(size, stored);
    return { pixels: small, region: turnedCorner(shown, small, this.orientation) };
  }

  async region(box: Box): Promise<Pixels> {
    return asRgb(cutOut(await this.upright(), box));
  }

  close(): void {
    this.whole = null;
  }

  private upright(): Promise<Pixels> {
    this.whole ??= this.read(this.image()).then((pixels) => turned(pixels, this.orientation));
    return this.whole;
  }

  private async read(image: Sharp): Promise<Pixels> {
    const raw = image.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
    const { data, info } = await explained(this.name, raw);
    const { width, height, channels } = info;
    return { data, width, height, channels: channels };
  }
}

/**
 * How much of a picture [px], which sharp made of a JPEG, would show all of the photo.
 *
 * That is more than there is: libvips leaves out the last columns and rows, which do not fill a pixel
 * of JPEG's own reduction.
 */
function shownOf(small: Size, photo: Size): Size {
  const shrink = Math.min(photo.width / small.width, photo.height / small.height);
  const nearest = [8, 4, 2].find((divisor) => divisor <= shrink) ?? 1;
  const divisor = nearest > 1 && Math.floor(shrink) === nearest ? nearest / 2 : nearest;
  const whole = (length: number): number => Math.floor(length / divisor) * divisor;
  return {
    width: (small.width * photo.width) / whole(photo.width),
    height: (small.height * photo.height) / whole(photo.height),
  };
}

async function loadSharp(): Promise<Load> {
  try {
    return (await import("sharp")).default;
  } catch {
    throw new MissingExtraError(
      "image files are read with sharp, which is not installed: npm install sharp (or give " +
        "pixels as {data, width, height, channels})",
      "sharp",
    );
  }
}

async function explained<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    if (reason.includes("missing")) throw new ImageError("no such file", name);
    throw new ImageError(`is truncated or corrupt: ${reason}`, name);
  }
}

/**
 * A cropper in a worker, so that a page never stalls while it looks at photos.
 *
 * It has the methods of `Cropper`. Files and pixels are sent as they are; elements, canvases and
 * bitmaps as bitmaps of their own, so that the page keeps what it has.
 */

import type { Analysis } from "./analysis.js";
import type { Crop } from "./crop.js";
import type { Cropper, LoadOptions, RatiosLike } from "./cropper.js";
import { ImageError } from "./errors.js";
import type { Box } from "./geometry.js";
import type { CropKeywords } from "./options.js";
import type { Grid } from "./grid.js";
import type { ImageSource } from "./platform/platform.js";
import type { Manifest } from "./runtime/manifest.js";
import type { FocalPoint } from "./window/focal-point.js";
import { type Answer, type Method, type Question, received } from "./worker-messages.js";

type Settle = (answer: Answer) => void;

/** `Cropper`, in a worker of its own. */
export class WorkerCropper implements Pick<
  Cropper,
  "crop" | "analyse" | "cropAnalysed" | "focalPoint" | "focalAnalysed" | "maps" | "close"
> {
  private readonly waiting = new Map<number, Settle>();
  private asked = 0;
  private loaded: Manifest | null = null;

  private constructor(private readonly worker: Worker) {
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    });
    worker.addEventListener("error", ({ message }) => {
      this.fail(`the worker failed: ${message || "its script cannot be loaded"}`);
    });
  }

  /** A cropper in a worker, ready to run; `Cropper.load` says what the options are. */
  static async load(options: LoadOptions = {}): Promise<WorkerCropper> {
    const url = new URL("./worker-main.js", import.meta.url);
    const cropper = new WorkerCropper(new Worker(url, { type: "module" }));
    try {
      cropper.loaded = (await cropper.ask("load", [absolute(options)])) as Manifest;
    } catch (error) {
      cropper.worker.terminate();
      throw error;
    }
    return cropper;
  }

  /** What the model is. */
  get manifest(): Manifest {
    return this.loaded!;
  }

  async crop(image: ImageSource, ratios: RatiosLike, options?: CropKeywords): Promise<Crop[]> {
    return (await this.askOf("crop", image, ratios, options)) as Crop[];
  }

  async analyse(image: ImageSource, options?: CropKeywords): Promise<Analysis> {
    return (await this.askOf("analyse", image, options)) as Analysis;
  }

  async cropAnalysed(
    analysis: Analysis,
    ratios: RatiosLike,
    options?: CropKeywords,
  ): Promise<Crop[]> {
    return (await this.ask("cropAnalysed", [analysis, ratios, options])) as Crop[];
  }

  async focalPoint(image: ImageSource, options?: CropKeywords): Promise<FocalPoint> {
    return (await this.askOf("focalPoint", image, options)) as FocalPoint;
  }

  async focalAnalysed(
    analysis: Analysis,
    options?: CropKeywords,
    within: Box | null = null,
  ): Promise<FocalPoint> {
    return (await this.ask("focalAnalysed", [analysis, options, within])) as FocalPoint;
  }

  async maps(analysis: Analysis, ratios: RatiosLike): Promise<readonly Grid[]> {
    return (await this.ask("maps", [analysis, ratios])) as Grid[];
  }

  /** Ends the worker; what is still asked of it fails. */
  close(): Promise<void> {
    this.worker.terminate();
    this.fail("the cropper is closed");
    return Promise.resolve();
  }

  private async askOf(
    method: Method,
    image: ImageSource,
    ...args: readonly unknown[]
  ): Promise<unknown> {
    const sent = await sendable(image);
    return this.ask(method, [sent, ...args], sent === image ? [] : [sent as ImageBitmap]);
  }

  private ask(
    method: Method,
    args: readonly unknown[],
    transferred: Transferable[] = [],
  ): Promise<unknown> {
    const id = this.asked++;
    const question: Question = { id, method, args };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, (answer) => {
        if ("error" in answer) reject(received(answer.error));
        else resolve(answer.value);
      });
      this.worker.postMessage(question, transferred);
    });
  }

  private fail(reason: string): void {
    const error = { name: "MarscropError", message: reason, fields: { reason, source: null } };
    for (const [id, settle] of this.waiting) settle({ id, error });
    this.waiting.clear();
  }
}

/** An image as it can be sent: itself, or a bitmap of it. */
async function sendable(image: ImageSource): Promise<ImageSource> {
  const isSent =
    typeof image !== "object" ||
    image instanceof Blob ||
    image instanceof ArrayBuffer ||
    ArrayBuffer.isView(image) ||
    "data" in image;
  if (isSent) return image;
  if (image instanceof URL) return image.href;
  try {
    if (image instanceof HTMLImageElement) await image.decode();
    return await createImageBitmap(image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError(`is truncated, corrupt, or cannot be loaded: ${reason}`, "<image>");
  }
}

/** The options, with addresses that mean the same in the worker as on the page. */
function absolute({ model, wasmPaths, ...options }: LoadOptions): LoadOptions {
  const address = (place: string | URL): string => new URL(place, document.baseURI).href;
  const addresses = (files: Readonly<Record<string, string | URL>>): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([file, place]) => [file, address(place)]));
  const isFolder = typeof model === "string" || model instanceof URL;
  return {
    ...options,
    ...(model !== undefined && { model: isFolder ? address(model) : addresses(model) }),
    ...(wasmPaths !== undefined && { wasmPaths: { wasm: address(wasmPaths.wasm) } }),
  };
}

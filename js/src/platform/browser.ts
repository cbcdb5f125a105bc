/** The browser: photos decoded by it, networks run in WebAssembly. */

import * as ort from "onnxruntime-web/wasm";

import { ImageError, OptionError } from "../errors.js";
import { BitmapPicture } from "../pixels/bitmap-picture.js";
import { JpegPicture } from "../pixels/jpeg-picture.js";
import { checkPixels } from "../pixels/limits.js";
import { PixelPicture, type Picture } from "../pixels/picture.js";
import { checkedPixels } from "../pixels/pixels.js";
import type { ImageSource, OnnxRuntime, RuntimeOptions } from "./platform.js";

/** ONNX Runtime in WebAssembly. */
export function loadRuntime({ threads, wasmPaths, backend }: RuntimeOptions): Promise<OnnxRuntime> {
  if (backend === "native") {
    throw new OptionError("backend must be 'wasm' in a browser; got 'native'", "backend", backend);
  }
  ort.env.wasm.numThreads = threads ?? 1;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return Promise.resolve({ ort, isNative: false });
}

/** The bytes behind an address; null where there are none. */
export async function readBytes(url: URL): Promise<Uint8Array | null> {
  const response = await fetch(url).catch(() => null);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

/** An address, which may be relative to the page's. */
export function addressOf(place: string | URL): URL {
  return new URL(place, typeof document === "undefined" ? location.href : document.baseURI);
}

/** A photo that is opened. */
export async function open(source: ImageSource, maxPixels: number): Promise<Picture> {
  const picture = await opened(source);
  try {
    checkPixels(picture.size, maxPixels, picture.name);
  } catch (error) {
    picture.close();
    throw error;
  }
  return picture;
}

/** How a file's pixels are turned to stand upright, as EXIF has it; a browser shows all upright. */
export function storedOrientation(): Promise<number> {
  return Promise.resolve(1);
}

function opened(source: ImageSource): Promise<Picture> | Picture {
  if (source instanceof Blob) {
    return ofFile(source, source instanceof File ? source.name : "<blob>");
  }
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
    return ofFile(new Blob([source as BlobPart]), "<bytes>");
  }
  if (typeof source !== "object" || source instanceof URL) {
    throw new ImageError(
      "expected a Blob, bytes, an image element, canvas, ImageBitmap, ImageData or pixels; got " +
        "an address, which is for you to fetch",
      String(source),
    );
  }
  if ("data" in source) return new PixelPicture(checkedPixels(source));
  if (typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement) {
    return ofElement(source);
  }
  return BitmapPicture.of(source, `<${source.constructor.name}>`);
}

async function ofFile(file: Blob, name: string): Promise<Picture> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isJpeg = start[0] === 0xff && start[1] === 0xd8;
  const jpeg = isJpeg ? JpegPicture.of(new Uint8Array(await file.arrayBuffer()), name) : null;
  return jpeg ?? BitmapPicture.of(file, name);
}

async function ofElement(image: HTMLImageElement): Promise<Picture> {
  const name = image.src.startsWith("data:") || !image.src ? "<image>" : image.src;
  await image.decode().catch(() => {
    throw new ImageError("is truncated, corrupt, or cannot be loaded", name);
  });
  return BitmapPicture.of(image, name);
}

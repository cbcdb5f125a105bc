/** Node: files decoded by sharp, networks run natively where onnxruntime-node is installed. */

import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

import type * as Ort from "onnxruntime-web";

import { ImageError, MissingExtraError } from "../errors.js";
import { checkPixels } from "../pixels/limits.js";
import { PixelPicture, type Picture } from "../pixels/picture.js";
import { checkedPixels } from "../pixels/pixels.js";
import { SharpPicture } from "../pixels/sharp-picture.js";
import type { ImageSource, OnnxRuntime, RuntimeOptions } from "./platform.js";

/** ONNX Runtime: the machine's own if it is installed, else WebAssembly. */
export async function loadRuntime({ threads, backend }: RuntimeOptions): Promise<OnnxRuntime> {
  if (backend !== "wasm") {
    const native = await nativeRuntime();
    if (native) return { ort: native, isNative: true };
    if (backend === "native") {
      const reason = "the native backend needs onnxruntime-node: npm install onnxruntime-node";
      throw new MissingExtraError(reason, "onnxruntime-node");
    }
  }
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = threads ?? 1;
  return { ort, isNative: false };
}

async function nativeRuntime(): Promise<typeof Ort | null> {
  try {
    return await import("onnxruntime-node");
  } catch {
    return null; // not installed, or not for this machine
  }
}

/** The bytes of a file, or behind an address; null where there are none. */
export async function readBytes(url: URL): Promise<Uint8Array | null> {
  if (url.protocol === "file:") return readFile(url).catch(() => null);
  const response = await fetch(url).catch(() => null);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

/** The address of a path, or an address as it is. */
export function addressOf(place: string | URL): URL {
  if (place instanceof URL || /^(https?|file):/.test(place)) return new URL(place);
  return pathToFileURL(place);
}

/** A photo whose header is read. */
export async function open(source: ImageSource, maxPixels: number): Promise<Picture> {
  const picture = await opened(source);
  checkPixels(picture.size, maxPixels, picture.name);
  return picture;
}

/** How a file's pixels are turned to stand upright, as EXIF has it, 1..8; 1 for pixels. */
export async function storedOrientation(source: ImageSource): Promise<number> {
  const picture = await opened(source);
  return picture instanceof SharpPicture ? picture.orientation : 1;
}

async function opened(source: ImageSource): Promise<Picture> {
  if (typeof source === "string") return SharpPicture.of(source, source || "''");
  if (source instanceof URL && source.protocol === "file:") {
    const path = fileURLToPath(source);
    return SharpPicture.of(path, path);
  }
  if (source instanceof Uint8Array) return SharpPicture.of(source, "<bytes>");
  if (source instanceof ArrayBuffer) return SharpPicture.of(new Uint8Array(source), "<bytes>");
  if (source instanceof Blob) {
    return SharpPicture.of(new Uint8Array(await source.arrayBuffer()), "<blob>");
  }
  if (typeof source === "object" && "data" in source) {
    return new PixelPicture(checkedPixels(source));
  }
  throw new ImageError(
    "expected a path, the bytes of a file, or pixels as {data, width, height, channels}",
    "<image>",
  );
}

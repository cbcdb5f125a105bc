/** What differs between the browser and Node. */

import type * as Ort from "onnxruntime-web";

import type { Picture } from "../pixels/picture.js";

/** A photo, as it can be given. In Node, a string is the path of a file. */
export type ImageSource =
  | { data: Uint8Array | Uint8ClampedArray; width: number; height: number; channels?: number }
  | Blob
  | ArrayBuffer
  | Uint8Array
  | string
  | URL
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame;

/** ONNX Runtime, ready to load networks. */
export interface OnnxRuntime {
  readonly ort: Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;
  /** Whether it is the machine's own code, not WebAssembly. */
  readonly isNative: boolean;
}

/** How ONNX Runtime is loaded. */
export interface RuntimeOptions {
  /** For one photo; by default one. More need a page that is cross-origin isolated. */
  readonly threads?: number;
  /** The address of ONNX Runtime's WebAssembly; by default beside its module. */
  readonly wasmPaths?: { readonly wasm: string };
  /** In Node: "native" needs onnxruntime-node, which is taken where it is installed. */
  readonly backend?: "native" | "wasm";
}

/** The browser, or Node. */
export interface Platform {
  loadRuntime(options: RuntimeOptions): Promise<OnnxRuntime>;
  /** The bytes behind an address; null where there are none. */
  readBytes(url: URL): Promise<Uint8Array | null>;
  /** The address of a folder or file that a caller named. */
  addressOf(place: string | URL): URL;
  /**
   * A photo that is opened, not decoded where that is not needed yet.
   *
   * @throws ImageError what cannot be read; LimitError with more pixels than `maxPixels`.
   */
  open(source: ImageSource, maxPixels: number): Promise<Picture>;
  /** How a file's pixels are turned to stand upright, as EXIF has it, 1..8. */
  storedOrientation(source: ImageSource): Promise<number>;
}

/** What a JPEG's header says of its picture, without decoding it. */

import type { Size } from "../geometry.js";

/** The stored size of a JPEG, and how it is turned to stand upright. */
export interface JpegHeader {
  /** Of the stored picture [px]. */
  readonly size: Size;
  /** As EXIF has it, 1..8. */
  readonly orientation: number;
}

const START = 0xffd8;
const APP1 = 0xe1;
const SCAN = 0xda;
const END = 0xd9;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
const ORIENTATION = 0x0112;
const SHORT = 3;

/** The header of a JPEG; null of other files, and of damaged ones, which decoders are to explain. */
export function jpegHeader(file: Uint8Array): JpegHeader | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 4 || view.getUint16(0) !== START) return null;
  let orientation: number | null = null;
  for (let at = 2; at + 9 < file.length && file[at] === 0xff;) {
    const marker = file[at + 1];
    if (marker === 0xff) {
      at += 1; // a byte of padding
      continue;
    }
    if (marker === SCAN || marker === END) return null;
    const content = at + 4;
    const length = view.getUint16(at + 2);
    if (isFrame(marker)) {
      const size = { width: view.getUint16(content + 3), height: view.getUint16(content + 1) };
      return size.width && size.height ? { size, orientation: orientation ?? 1 } : null;
    }
    if (marker === APP1 && EXIF.every((byte, i) => file[content + i] === byte)) {
      orientation ??= exifOrientation(file.subarray(content + EXIF.length, at + 2 + length));
    }
    at += 2 + length;
  }
  return null;
}

/** Whether a segment describes the frame: SOF0 to SOF15, but for tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** The orientation in the first directory of EXIF's TIFF; 1 where it says none that is known. */
function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const isLittle = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, isLittle);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, isLittle) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, isLittle);
    const isKnown = view.getUint16(entry + 2, isLittle) === SHORT && value >= 1 && value <= 8;
    return isKnown ? value : 1;
  }
  return 1;
}

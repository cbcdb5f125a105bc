// Whether a file is an animation, by what its format says; no pixels are decoded.

const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

function has(bytes, wanted, from = 0) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}

const starts = (bytes, text, at = 0) =>
  ascii(text).every((byte, index) => bytes[at + index] === byte);

/** For GIF, WebP, PNG and AVIF; false for all others. */
export async function isAnimated(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (starts(bytes, "GIF8")) return frames(bytes) > 1;
  if (starts(bytes, "RIFF") && starts(bytes, "WEBP", 8))
    return starts(bytes, "VP8X", 12) && Boolean(bytes[20] & 2);
  if (starts(bytes, "\x89PNG")) {
    const control = has(bytes, ascii("acTL")),
      data = has(bytes, ascii("IDAT"));
    return control >= 0 && control < data;
  }
  return starts(bytes, "ftypavis", 4);
}

/** Frames of a GIF, at most 2. */
function frames(bytes) {
  let at = 13 + table(bytes[10]),
    count = 0;
  while (at < bytes.length && count < 2) {
    if (bytes[at] === 0x2c) {
      count += 1;
      at = skipped(bytes, at + 11 + table(bytes[at + 9]));
    } else if (bytes[at] === 0x21) at = skipped(bytes, at + 2);
    else break;
  }
  return count;
}

/** Bytes of a colour table. */
const table = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

/** Where the blocks that begin here have ended. */
function skipped(bytes, at) {
  while (bytes[at]) at += bytes[at] + 1;
  return at + 1;
}

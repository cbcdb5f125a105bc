/** A crop in several widths and formats as HTML: a `<picture>` that browsers choose from. */

import { roundHalfUp, type Size } from "../geometry.js";

/** A crop in one format. */
export interface WebImage {
  /** Of the format, such as "image/avif". */
  readonly mediaType: string;
  /** URL and size of each file, at least one, the smallest first. */
  readonly files: readonly { readonly url: string; readonly size: Size }[];
  /** The media query for which it is shown; always, if there is none. */
  readonly media?: string;
}

export interface PictureOptions {
  /** What the picture shows, in words; empty for pictures that only decorate. */
  readonly alt: string;
  /** How wide it is laid out, as `sizes` of HTML. */
  readonly sizes: string;
  /** What of it is shown by a layout of another ratio, as `objectPosition` gives it. */
  readonly objectPosition: string;
}

/** Widths of the files [px] that `marscrop web` makes. */
export const WIDTHS: readonly number[] = [320, 640, 960, 1280, 1920, 2560];

/**
 * The element, of which browsers take the first image that they can show.
 *
 * @param images the last is the one for browsers that know no other, without a media query.
 */
export function pictureElement(images: readonly WebImage[], options: PictureOptions): string {
  const last = images.at(-1);
  if (!last) throw new RangeError("a picture needs at least one image");
  const lines = ["<picture>"];
  for (const image of images.slice(0, -1)) {
    const media: Attribute[] = image.media ? [["media", image.media]] : [];
    const type: Attribute = ["type", image.mediaType];
    lines.push(`  <source ${written([...media, type, ...shared(image, options.sizes)])}>`);
  }
  lines.push(
    `  <img ${written([
      ["src", largest(last).url],
      ...shared(last, options.sizes),
      ["alt", options.alt],
      ["loading", "lazy"],
      ["decoding", "async"],
      ["style", `object-fit: cover; object-position: ${options.objectPosition}`],
    ])}>`,
    "</picture>",
  );
  return lines.join("\n");
}

/** The value of `srcset` for files of one format. */
export function srcset(files: WebImage["files"]): string {
  return files.map(({ url, size }) => `${url} ${size.width}w`).join(", ");
}

/** Sizes of a crop's files [px]: those widths that it has, and its own below the largest. */
export function scaledSizes(crop: Size, widths: readonly number[] = WIDTHS): Size[] {
  const largest = Math.min(crop.width, Math.max(...widths));
  const wanted = new Set([...widths.filter((width) => width < largest), largest]);
  return [...wanted]
    .sort((a, b) => a - b)
    .map((width) => ({
      width,
      height: Math.max(1, roundHalfUp((width * crop.height) / crop.width)),
    }));
}

/**
 * The URL of a file in a folder.
 *
 * @param name of the file; quoted whole.
 * @param base the folder's URL; by default the URL is relative to the page.
 */
export function urlOf(name: string, base = ""): string {
  const folder = base ? `${base.replace(/\/+$/, "")}/` : "";
  return quoted(folder, FOLDER_SAFE) + quoted(name, "");
}

/** Characters that a folder's URL may have as they are. */
const FOLDER_SAFE = "/:?=&%#~+!$'()*;@[]";

type Attribute = readonly [name: string, value: string];

function largest(image: WebImage): WebImage["files"][number] {
  const file = image.files.at(-1);
  if (!file) throw new RangeError(`an image of ${image.mediaType} needs at least one file`);
  return file;
}

function shared(image: WebImage, sizes: string): Attribute[] {
  const { width, height } = largest(image).size;
  return [
    ["srcset", srcset(image.files)],
    ["sizes", sizes],
    ["width", String(width)],
    ["height", String(height)],
  ];
}

function written(attributes: readonly Attribute[]): string {
  return attributes.map(([name, value]) => `${name}="${escaped(value)}"`).join(" ");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

/** Percent-encoded as UTF-8, but for letters, digits, `_.-~` and those in `safe`. */
function quoted(text: string, safe: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text)) {
    const letter = String.fromCharCode(byte);
    out +=
      /[A-Za-z0-9_.~-]/.test(letter) || safe.includes(letter)
        ? letter
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

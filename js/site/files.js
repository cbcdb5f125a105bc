// Crops as files, made by the browser.

import { Refused } from "./refused.js";

const QUALITY = 0.9; // of JPEG and WebP
const BLUR_PX = 12; // width of the copy that blurred margins are stretched from
const TYPES = { jpg: "image/jpeg", webp: "image/webp", png: "image/png", avif: "image/avif" };
const NO_ALPHA = "transparency was laid over white, as JPEG cannot hold it";
const STILL = "only the first frame of the animation is in it";

/** Formats that this browser writes: others come out as PNG, without a word. */
export async function writable() {
  const canvas = new OffscreenCanvas(1, 1);
  canvas.getContext("2d");
  const made = await Promise.all(
    Object.entries(TYPES).map(async ([format, type]) => [
      format,
      (await canvas.convertToBlob({ type })).type === type,
    ]),
  );
  return made.filter(([, can]) => can).map(([format]) => format);
}

/** A part of a picture as a file: {blob, losses}.
 *
 *  picture: upright bitmap; crop: {box, padding, canvas}, as the page has it
 *  how: {format, width, height: undefined for that which follows, fill, animated}
 */
export async function cropFile(picture, { box, padding, canvas }, how) {
  const [x0, y0, x1, y1] = box;
  const own = canvas ?? [x1 - x0, y1 - y0];
  const width = how.width ?? own[0];
  const height = how.height ?? Math.max(1, Math.round((width * own[1]) / own[0]));
  const scale = [width / own[0], height / own[1]];
  const [left, top] = padding ?? [0, 0];
  const place = [left * scale[0], top * scale[1], (x1 - x0) * scale[0], (y1 - y0) * scale[1]];
  const out = surface(width, height);
  if (padding)
    fill(out, how.fill, (to) => draw(to, picture, box, [0, 0, to.canvas.width, to.canvas.height]));
  draw(out, picture, box, place);
  const losses = [
    ...(how.format === "jpg" && layOverWhite(out) ? [NO_ALPHA] : []),
    ...(how.animated ? [STILL] : []),
  ];
  return { blob: await encoded(out.canvas, TYPES[how.format]), losses: losses.join("; ") };
}

function surface(width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context)
    throw new Refused({ message: `this browser makes no picture of ${width} x ${height} pixels` });
  context.imageSmoothingQuality = "high";
  return context;
}

function draw(context, picture, [x0, y0, x1, y1], place) {
  context.drawImage(picture, x0, y0, x1 - x0, y1 - y0, ...place);
}

/** A colour of CSS, or "blur": the picture, so small that it has no detail, stretched. */
function fill(context, how, drawWhole) {
  const { width, height } = context.canvas;
  if (how === "blur") {
    const small = surface(BLUR_PX, Math.max(2, Math.round((BLUR_PX * height) / width)));
    drawWhole(small);
    context.drawImage(small.canvas, 0, 0, width, height);
  } else {
    context.fillStyle = how;
    context.fillRect(0, 0, width, height);
  }
}

/** Whether any pixel had to be. */
function layOverWhite(context) {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  let transparent = false;
  for (let at = 3; at < data.length && !transparent; at += 4) transparent = data[at] < 255;
  if (!transparent) return false;
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  return true;
}

async function encoded(canvas, type) {
  let blob;
  try {
    blob = await canvas.convertToBlob({ type, quality: QUALITY });
  } catch {
    throw new Refused({
      message: `this browser makes no file of ${canvas.width} x ${canvas.height} pixels`,
    });
  }
  if (blob.type !== type) throw new Refused({ message: `this browser writes no ${type}` });
  return blob;
}

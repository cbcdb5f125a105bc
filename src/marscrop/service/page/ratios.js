// Ratios as people write and read them. A size such as 1200x630 is a ratio that names its pixels.

export const PRESETS = new Map([["1:1", "Square"], ["4:5", "Portrait"], ["9:16", "Story"],
  ["16:9", "Wide"], ["3:1", "Banner"], ["3:2", "Print"], ["5:7", "Card"], ["4:3", "Classic"]]);

const FEWEST_PX = 50; // of a side: 4x5 is a ratio, 400x500 are pixels
const MOST_EXTREME = 100; // as of the service
const NUMBER = "(\\d+(?:\\.\\d*)?|\\.\\d+)";
const PAIR = new RegExp(`^${NUMBER}\\s*([:/x\u00d7])\\s*${NUMBER}$`, "i");
const SIZE = /^(\d+)x(\d+)$/;
const EXPECTED = "Type a ratio such as 3:2, or a size in pixels such as 1200x630";

/** 16:9 -> 1.777...; 1.5 -> 1.5; 1200x630 -> 1.904... */
export function ratioValue(text) {
  const [width, height = 1] = text.split(/[:x]/).map(Number);
  return width / height;
}

/** Width and height [px] where a ratio names them, else undefined. */
export function sizeNamed(ratio) {
  const found = SIZE.exec(ratio);
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

/** What was typed, in the one way that the page writes it; an Error says what was expected. */
export function readRatio(typed) {
  const text = typed.trim();
  for (const [ratio, name] of PRESETS) if (name.toLowerCase() === text.toLowerCase()) return ratio;
  const pair = PAIR.exec(text);
  const [width, height] = pair ? [Number(pair[1]), Number(pair[3])] : [Number(text), 1];
  if (!text || !(width > 0 && height > 0)) throw new Error(EXPECTED);
  if (width / height > MOST_EXTREME || height / width > MOST_EXTREME)
    throw new Error(`A ratio lies between 1:${MOST_EXTREME} and ${MOST_EXTREME}:1`);
  if (!pair) return String(width);
  const pixels = /[x\u00d7]/i.test(pair[2]) && Number.isInteger(width) && Number.isInteger(height) &&
    Math.min(width, height) >= FEWEST_PX;
  return `${width}${pixels ? "x" : ":"}${height}`;
}

/** What a slider's place is called: the ratio of two small numbers where that is near, else x:1. */
export function ratioOf(place) {
  const value = 2 ** place;
  for (const text of ["1:4", "1:3", "9:16", "1:2", "2:3", "5:7", "3:4", "4:5", "1:1", "5:4", "4:3",
    "7:5", "3:2", "16:9", "2:1", "3:1", "4:1"]) {
    if (Math.abs(Math.log2(ratioValue(text)) - place) < 0.0051) return text;
  }
  return value >= 1 ? `${value.toFixed(2)}:1` : `1:${(1 / value).toFixed(2)}`;
}

/** "Wide 16:9", "1200 x 630", "2.4:1". */
export const nameOf = (ratio) =>
  PRESETS.has(ratio) ? `${PRESETS.get(ratio)} ${ratio}` : ratio.replace("x", " \u00d7 ");

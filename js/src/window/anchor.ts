/** The place at which a crop is pinned: "top-left", or a point in 0..1. Twin of `anchor.py`. */

import { OptionError } from "../errors.js";
import { general } from "../numeric.js";
import { wrongOption } from "../shown.js";

const ACROSS = new Map([
  ["left", 0],
  ["right", 1],
]);
const DOWN = new Map([
  ["top", 0],
  ["bottom", 1],
]);
const MIDDLE = new Set(["centre", "center"]);
const EXPECTED =
  "must be top, bottom, left, right, centre, two of them such as top-left, or a point " +
  "X,Y with both in 0..1, such as 0.5,0.33";
const DECIMAL = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;

/**
 * The place of a crop in the room that it leaves, from 0 (left or top) to 1 (right or bottom).
 *
 * A crop of width w in a photo of width W has its left edge at x (W - w), unless boxes to keep need
 * it elsewhere: then it moves by no more than they need. null leaves an axis free.
 */
export interface Anchor {
  readonly x: number | null;
  readonly y: number | null;
  /** What the caller wrote. */
  readonly label: string;
}

export const FREE: Anchor = { x: null, y: null, label: "" };

/** All that `parseAnchor` understands. */
export type AnchorLike = string | readonly [x: number, y: number] | Anchor;

/**
 * An anchor from "top", "bottom-left", "centre", "0.5,0.33" or [0.5, 0.33].
 *
 * A side alone pins one axis, and the other is free; "top-centre" pins both.
 *
 * @throws OptionError anything else, with what was expected.
 */
export function parseAnchor(anchor: AnchorLike): Anchor {
  if (typeof anchor === "string") return parseText(anchor);
  if (Array.isArray(anchor)) {
    const [x, y, ...more] = anchor as readonly unknown[];
    if (typeof x === "number" && typeof y === "number" && more.length === 0) {
      return pinned(x, y, `${general(x)},${general(y)}`);
    }
  } else if (isAnchor(anchor)) {
    return pinned(anchor.x, anchor.y, anchor.label);
  }
  throw wrong(anchor);
}

function parseText(text: string): Anchor {
  const label = text.trim();
  if (label.includes(",")) {
    const parts = label.split(",");
    if (parts.length !== 2 || !parts.every((part) => DECIMAL.test(part))) throw wrong(text);
    return pinned(Number(parts[0]), Number(parts[1]), label);
  }
  const words = label.toLowerCase().split("-");
  const across = words.filter((word) => ACROSS.has(word));
  const down = words.filter((word) => DOWN.has(word));
  const middles = words.filter((word) => MIDDLE.has(word)).length;
  const known = across.length + down.length + middles;
  const most = Math.max(across.length, down.length, middles);
  if (words.length > 2 || known !== words.length || most > 1) throw wrong(text);
  const other = middles ? 0.5 : null; // the middle of each axis that no side is named for
  const [x, y] = [ACROSS.get(across[0]) ?? other, DOWN.get(down[0]) ?? other];
  return { x, y, label };
}

function isAnchor(value: unknown): value is Anchor {
  if (value === null || typeof value !== "object") return false;
  const { x, y, label } = value as Partial<Anchor>;
  return [x, y].every((one) => one === null || typeof one === "number") && label !== undefined;
}

function pinned(x: number | null, y: number | null, label: string): Anchor {
  if (![x, y].every((share) => share === null || (share >= 0 && share <= 1))) {
    throw wrong(label || [x, y]);
  }
  return { x, y, label };
}

function wrong(anchor: unknown): OptionError {
  return wrongOption("anchor", EXPECTED, anchor);
}

/**
 * Regions: boxes as people write them, in pixels of the upright photo or in percent of it. Twin of
 * `regions.py`.
 */

import { OptionError } from "../errors.js";
import type { Box, Size } from "../geometry.js";
import { general } from "../numeric.js";
import { shown, wrongOption } from "../shown.js";

const EXPECTED =
  "must be X0,Y0,X1,Y1 with X0 < X1 and Y0 < Y1, in pixels of the upright photo, such as " +
  "10,20,300,400, or all in percent, such as 5%,10%,50%,80%";
const NUMBER = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(%?)\s*$/;
/** Distance [px] within which an edge lies on a whole pixel: the last bits of a product. */
const EPSILON = 1e-6;

/** A box of a photo that is not known yet. */
export interface Region {
  /** x0, y0, x1, y1, in pixels or percent. */
  readonly edges: readonly [x0: number, y0: number, x1: number, y1: number];
  /** Whether edges are in percent of the photo's width and height. */
  readonly inPercent: boolean;
}

/** One box as a caller writes it: "10,20,300,400", "5%,10%,50%,80%", or four numbers. */
export type RegionLike = string | Box | Region;

/** The smallest pixel box around a region [px of `image`]; it may reach outside. */
export function regionOn(region: Region, image: Size): Box {
  let [x0, y0, x1, y1] = region.edges;
  if (region.inPercent) {
    [x0, x1] = [(x0 * image.width) / 100, (x1 * image.width) / 100];
    [y0, y1] = [(y0 * image.height) / 100, (y1 * image.height) / 100];
  }
  return [
    Math.floor(x0 + EPSILON),
    Math.floor(y0 + EPSILON),
    Math.ceil(x1 - EPSILON),
    Math.ceil(y1 - EPSILON),
  ];
}

/** A region as a message shows it. */
export function regionText(region: Region): string {
  const unit = region.inPercent ? "%" : "";
  return region.edges.map((edge) => general(edge, 12) + unit).join(",");
}

/**
 * The regions of one box or several, as a caller wrote them. Four numbers are one box.
 *
 * @param boxes - one, or several.
 * @param option - the one that they were given to, for messages.
 * @throws OptionError a box that cannot be understood.
 */
export function parseRegions(
  boxes: RegionLike | readonly RegionLike[],
  option: string | null = null,
): Region[] {
  const several: readonly unknown[] =
    Array.isArray(boxes) && typeof boxes[0] !== "number" ? boxes : [boxes];
  return several.map((box) => parseRegion(box, option));
}

function parseRegion(box: unknown, option: string | null): Region {
  if (typeof box === "string") return parseText(box, option);
  const given = isRegion(box) ? box.edges : box;
  if (!Array.isArray(given) || given.length !== 4) throw wrong(box, option);
  if (!given.every((edge) => typeof edge === "number")) throw wrong(box, option);
  const [x0, y0, x1, y1] = given;
  return checked({ edges: [x0, y0, x1, y1], inPercent: isRegion(box) && box.inPercent }, option);
}

function parseText(text: string, option: string | null): Region {
  const parts = text.split(",").map((part) => NUMBER.exec(part));
  const found = parts.filter((part) => part !== null);
  const units = new Set(found.map((part) => part[2]));
  if (parts.length !== 4 || found.length !== 4 || units.size !== 1) throw wrong(text, option);
  const [x0, y0, x1, y1] = found.map((part) => Number(part[1]));
  return checked({ edges: [x0, y0, x1, y1], inPercent: units.has("%") }, option);
}

function checked(region: Region, option: string | null): Region {
  const [x0, y0, x1, y1] = region.edges;
  if (!(region.edges.every(Number.isFinite) && x0 < x1 && y0 < y1)) {
    throw wrong(regionText(region), option);
  }
  return region;
}

function isRegion(value: unknown): value is Region {
  return value !== null && typeof value === "object" && "edges" in value && "inPercent" in value;
}

function wrong(got: unknown, option: string | null): OptionError {
  if (option !== null) return wrongOption(option, EXPECTED, got);
  return new OptionError(`box ${EXPECTED}; got ${shown(got)}`, null, got);
}

/**
 * The ways in which a window can grow along one axis of the constrained search: its tracks. Twin of
 * `tracks.py`.
 *
 * On a *track* the near edge of the window (left or top) moves out at a constant rate as the scale
 * grows, its far edge at another, and the two rates add up to the length at scale 1. A window held
 * by its near edge on a line has the rates 0 and the length; held by its far edge, the other way
 * round; pinned at a share f of the room, f and 1 - f of the length. Each window on a track holds all
 * smaller ones, so that each condition is met from some scale on, or up to some scale.
 */

import { unique } from "../numeric.js";
import type { Range } from "./constraints.js";

/** Largest difference that is taken for rounding [cells, or scales]. */
export const EPSILON = 1e-9;

/** A way for a window to grow along one axis [cells]. */
export interface Track {
  /** Near edge at scale 0, where both edges meet. */
  readonly start: number;
  /** How far the near edge moves out in a unit of scale, 0..length. */
  readonly rate: number;
  /** How far the far edge does. */
  readonly farRate: number;
  /** Scales between which the window stays in the map and holds what it must. */
  readonly low: number;
  readonly high: number;
}

/** Left or top edge at a scale. */
export function nearEdge(track: Track, scale: number): number {
  return track.start - track.rate * scale;
}

/** Right or bottom edge at a scale. */
export function farEdge(track: Track, scale: number): number {
  return track.start + track.farRate * scale;
}

/** The scale from which on windows cover part of low..high; infinite if they never do. */
export function overlapFrom(track: Track, low: number, high: number): number {
  return Math.max(until(track.start - high, track.rate), until(low - track.start, track.farRate));
}

/** Scales at which an edge of one of the tracks meets a grid line. */
export function crossings(tracks: readonly Track[], cells: number): number[] {
  const met: number[] = [];
  for (const { start, rate, farRate } of tracks) {
    for (let line = 0; line <= cells; line++) {
      if (rate > EPSILON) met.push((start - line) / rate);
      if (farRate > EPSILON) met.push((line - start) / farRate);
    }
  }
  return met;
}

/** One axis of a constrained search [cells]. */
export interface Axis {
  /** Of the map; the window stays in 0..cells. */
  readonly cells: number;
  /** Side of the window at scale 1. */
  readonly length: number;
  /** First and last edge of what the window must hold; null for nothing. */
  readonly kept: Range | null;
  /** First and last edge of each box to avoid; a window may stop at any of them. */
  readonly stops: readonly Range[];
  /** Share of the room at which the window is pinned, 0..1; null for free. */
  readonly pinned: number | null;
}

/**
 * All tracks that a best window can lie on, grouped by the knots that they share.
 *
 * Tracks held on grid lines are a group of their own, the first: their other edges meet the grid at
 * the same scales.
 */
export function familiesOf(axis: Axis): Track[][] {
  if (axis.pinned !== null) return [pinnedTracks(axis, axis.pinned)];
  const grid = Float64Array.from({ length: axis.cells + 1 }, (_, i) => i);
  const kept = axis.kept ?? [0, axis.cells];
  const nearLines = unique([kept[0], ...axis.stops.map(([, high]) => high)]);
  const farLines = unique([kept[1], ...axis.stops.map(([low]) => low)]);
  return [heldTracks(axis, grid, grid), heldTracks(axis, nearLines, farLines)];
}

/** Tracks held on these lines by the near edge, then by the far edge. */
function heldTracks(axis: Axis, near: Float64Array, far: Float64Array): Track[] {
  return [
    ...Array.from(near, (start) => trackOf(axis, start, 0)),
    ...Array.from(far, (start) => trackOf(axis, start, axis.length)),
  ];
}

/** Tracks at the anchor, and at the ends of what is kept where the anchor would cut it. */
function pinnedTracks(axis: Axis, share: number): Track[] {
  const { cells, length, kept } = axis;
  const [start, rate] = [share * cells, share * length];
  const pinned = trackOf(axis, start, rate);
  if (kept === null) return [pinned];
  // From these scales on the anchor itself holds that end.
  const heldFrom = [from(start - kept[0], rate), from(kept[1] - start, length - rate)];
  const clamped = [trackOf(axis, kept[0], 0), trackOf(axis, kept[1], length)];
  return [
    pinned,
    ...clamped.map((track, i) => ({ ...track, high: Math.min(track.high, heldFrom[i]) })),
  ];
}

/** The track of a start and rate, with the scales at which it is in the map. */
function trackOf({ cells, length, kept }: Axis, start: number, rate: number): Track {
  const farRate = length - rate;
  const high = Math.min(until(start, rate), until(cells - start, farRate));
  const low =
    kept === null ? 0 : Math.max(from(start - kept[0], rate), 0, from(kept[1] - start, farRate));
  return { start, rate, farRate, low, high };
}

/** The scale from which on an edge of `rate` has moved by `distance`; infinite if it never has. */
function from(distance: number, rate: number): number {
  return scaleAt(distance, rate, distance > EPSILON);
}

/** The scale up to which an edge of `rate` has moved by no more than `distance`, or infinity. */
function until(distance: number, rate: number): number {
  return scaleAt(distance, rate, distance >= -EPSILON);
}

/** The scale at which an edge has moved by `distance`; for one that stands still, +-infinity. */
function scaleAt(distance: number, rate: number, unreached: boolean): number {
  if (rate > EPSILON) return distance / rate;
  return unreached ? Infinity : -Infinity;
}

// The state of the review on this page: crops, what was decided on them, and steps to take back.

import * as api from "./api.js";

const SAVE_AFTER_MS = 350;

export class Review extends EventTarget {
  constructor(table) {
    super();
    this.target = table.target;
    this.photos = table.photos;
    this.crops = table.crops;
    this.failed = table.photos.filter((photo) => photo.error);
    this.ratios = [...new Set(this.crops.map((crop) => crop.ratio))];
    this.waiting = new Map(); // crops whose new box is not sent yet, with their timers
    this.sending = 0;
    this.steps = [];
    this.byKey = new Map(this.crops.map((crop) => [keyOf(crop), crop]));
  }

  photo(crop) { return this.photos[crop.photo]; }

  // Accept (a state), reject, or null: as found.
  async judge(crops, state) {
    this.remember(crops);
    await Promise.all(crops.map((crop) => this.flush(crop)));
    const names = crops.map(placeOf);
    await this.send(crops, () => api.judge(names, state));
  }

  // Another box: shown at once, sent when no further one comes.
  change(crop, box) {
    if (!this.waiting.has(crop)) this.remember([crop]);
    clearTimeout(this.waiting.get(crop));
    crop.box = box;
    crop.padding = null;
    crop.state = "changed";
    this.waiting.set(crop, setTimeout(() => this.flush(crop), SAVE_AFTER_MS));
    this.tell([crop]);
  }

  async flush(crop) {
    if (!this.waiting.has(crop)) return;
    clearTimeout(this.waiting.get(crop));
    this.waiting.delete(crop);
    await this.send([crop], () => api.change(placeOf(crop), crop.box));
  }

  flushAll() { return Promise.all([...this.waiting.keys()].map((crop) => this.flush(crop))); }

  async recrop(crop, keep) {
    await this.flush(crop);
    this.remember([crop]);
    await this.send([crop], () => api.recrop(placeOf(crop), keep), true);
  }

  // Take the last step back.
  async undo() {
    await this.flushAll();
    const step = this.steps.pop();
    if (!step) return null;
    const now = (before) => this.byKey.get(keyOf(before));
    for (const state of [null, "accepted", "rejected"]) {
      const plain = step.filter((before) => before.state === state && !before.found_box);
      const names = plain.map(placeOf);
      if (plain.length) await this.send(plain.map(now), () => api.judge(names, state));
    }
    for (const before of step.filter((one) => one.found_box)) {
      const place = placeOf(before);
      await this.send([now(before)], () => api.change(place, before.box));
      if (before.state === "rejected") await this.send([now(before)], () => api.judge([place], "rejected"));
    }
    return this.byKey.get(keyOf(step[0]));
  }

  remember(crops) {
    this.steps.push(crops.map((crop) => ({ ...crop })));
    if (this.steps.length > 200) this.steps.shift();
  }

  async send(crops, ask, rethrow = false) {
    this.sending += 1;
    this.tell([]);
    try {
      const answer = await ask();
      for (const table of answer.crops) {
        const crop = this.byKey.get(keyOf(table));
        if (!this.waiting.has(crop)) Object.assign(crop, table);
      }
      this.fault = null;
    } catch (error) {
      this.steps.pop();
      if (rethrow) throw error;
      this.fault = error.message;
      for (const crop of crops) crop.unsaved = true;
    } finally {
      this.sending -= 1;
      this.tell(crops);
    }
  }

  tell(crops) { this.dispatchEvent(new CustomEvent("change", { detail: crops })); }

  // A crop that is the whole photo has nothing to be unsure of.
  isWhole(crop) {
    const { width, height } = this.photo(crop);
    return crop.padding === null && crop.box.join() === `0,0,${width},${height}`;
  }

  sureness(crop) { return this.isWhole(crop) ? 1 : crop.confidence; }

  words(crop) {
    if (crop.padding) return "padded";
    if (this.isWhole(crop)) return "whole photo";
    if (crop.confidence >= 0.8) return "confident";
    if (crop.confidence >= 0.62) return "fair";
    return crop.centred || crop.confidence === 0 ? "centre crop" : "unsure";
  }

  // Least sure first.
  shown(ratio, state) {
    const wanted = this.crops.filter((crop) =>
      (ratio === null || crop.ratio === ratio) && matches(crop, state));
    return wanted.sort((a, b) =>
      this.ratios.indexOf(a.ratio) - this.ratios.indexOf(b.ratio) || this.sureness(a) - this.sureness(b)
      || a.photo - b.photo || a.crop - b.crop);
  }
}

export const STATES = [
  ["to do", null], ["accepted", "accepted"], ["changed", "changed"], ["rejected", "rejected"], ["all", "all"],
];

export function matches(crop, state) { return state === "all" || crop.state === state; }
export function keyOf(crop) { return `${crop.photo}-${crop.crop}`; }
export function placeOf(crop) { return [crop.photo, crop.crop]; }

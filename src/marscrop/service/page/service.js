// A service as who answers: see answers.js.

import { Refused } from "./refused.js";

export const SILENT = "The service does not answer. Is it running?";

const marked = (photo) => photo.marks.map(({ kind, box }) => [kind, box.join(",")]);

export class Service {
  can = { formats: null, metadata: null };

  /** base: its address with a slash at the end; "" for the one that the page came from. */
  constructor(base) {
    this.base = base;
  }

  async findCrops(photo, ratios, asked, signal) {
    const parameters = [...ratios.map((ratio) => ["ratio", ratio]), ...marked(photo), ...asked];
    return (await this.#ask("v1/crops", photo, parameters, signal)).json();
  }

  async findMap(photo, ratio, signal) {
    const answer = await this.#ask("v1/map", photo, [["ratio", ratio]], signal);
    return createImageBitmap(await answer.blob());
  }

  cut(photo, box, written) {
    return this.#picture([["box", box.join(",")], ...written], photo);
  }

  cutFound(photo, ratio, asked, written) {
    return this.#picture([["ratio", ratio], ...marked(photo), ...asked, ...written], photo);
  }

  async #picture(parameters, photo) {
    const answer = await this.#post("v1/crop", parameters, photo.file);
    return { blob: await answer.blob(), losses: answer.headers.get("X-Crop-Warnings") ?? "" };
  }

  /** Ask about a photo by its key where the service may still know it, else send it. */
  async #ask(path, photo, parameters, signal) {
    if (photo.key) {
      try {
        return await this.#post(path, [...parameters, ["photo", photo.key]], undefined, signal);
      } catch (error) {
        if (error.code !== "photo_not_kept") throw error;
      }
    }
    return this.#post(path, parameters, photo.file, signal);
  }

  async #post(path, parameters, body, signal) {
    const query = new URLSearchParams(parameters);
    let answer;
    try {
      answer = await fetch(`${this.base}${path}?${query}`, { method: "POST", body, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refused({ code: "offline", message: SILENT });
    }
    if (answer.ok) return answer;
    const { error } = await answer.json().catch(() => ({ error: { message: answer.statusText } }));
    throw new Refused(error);
  }
}

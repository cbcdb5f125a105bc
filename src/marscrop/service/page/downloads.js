// Taking crops away, and what is to be said of it beside them; who calls these draws the page anew.

import { learn, missing } from "./learn.js";
import { nameOf } from "./ratios.js";
import { reasonOf } from "./refused.js";
import { complain, say } from "./say.js";
import { ratios, state } from "./state.js";
import { takeAll, takeOne } from "./take.js";

const $ = (id) => document.getElementById(id);

/** One crop of the photo that is shown. */
export async function take(ratio) {
  const { photo } = state;
  photo.remarks.delete(ratio);
  try {
    const { name, losses } = await takeOne(photo, photo.crops.get(ratio));
    if (losses) photo.remarks.set(ratio, { text: losses });
    say(`${name} saved`);
  } catch (error) {
    photo.remarks.set(ratio, { text: reasonOf(error), wrong: true });
  }
}

/** All crops of all photos. */
export async function download() {
  complain("take-problem", state.chosen.size ? "" : "Tick a ratio first: none is chosen");
  if (!state.chosen.size) return;
  $("zip").disabled = true;
  const wrong = [], lossy = [];
  const called = (photo, { ratio }) => `${photo.name} ${nameOf(ratio)}`;
  try {
    for (const photo of state.photos) await learn(photo, missing(photo, ratios()));
    const wanted = state.photos.flatMap((photo) => ratios().map((ratio) => [photo, photo.crops.get(ratio)]));
    for (const [photo, { ratio }] of wanted) photo.remarks.delete(ratio);
    const count = await takeAll(wanted.filter(([, crop]) => crop.box), {
      progress: (at, all) => say(`Making ${at} of ${all}`),
      lost: (photo, crop, losses) => {
        photo.remarks.set(crop.ratio, { text: losses });
        lossy.push(called(photo, crop));
      },
      failed: (photo, crop, error) => {
        photo.remarks.set(crop.ratio, { text: reasonOf(error), wrong: true });
        wrong.push(called(photo, crop));
      },
    });
    wrong.push(...wanted.filter(([, crop]) => !crop.box).map(([photo, crop]) => called(photo, crop)));
    say(count ? `${count} ${count === 1 ? "crop" : "crops"} in crops.zip` : "");
    complain("take-problem", [
      ...(wrong.length ? [`Not among them: ${wrong.join(", ")}.`] : []),
      ...(lossy.length ? [`Something of the photo is not kept in ${lossy.join(", ")}.`] : []),
    ].join(" "));
  } catch (error) {
    complain("take-problem", reasonOf(error));
  } finally {
    $("zip").disabled = false;
  }
}

/** What `make` says of all photos, to the clipboard. */
export async function copy(make, what) {
  complain("copy-problem", "");
  try {
    for (const photo of state.photos) await learn(photo, missing(photo, ratios()));
    await navigator.clipboard.writeText(make(state.photos, ratios()));
    say(`${what} copied`);
  } catch (error) {
    complain("copy-problem", error.name === "NotAllowedError" || error instanceof TypeError
      ? "The browser does not let this page use the clipboard" : reasonOf(error));
  }
}

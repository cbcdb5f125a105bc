// What is answered about a photo, kept with it.
//
// A photo: { name, file, url, size, key, marks: [{ kind, box }],
//            crops: ratio -> the crop that is shown, with all its `others` and its place `at` there,
//            fresh: ratios whose crops answer what is asked now,
//            remarks: ratio -> what is to be said of its file: { text, wrong: if there is none } }

import { answers } from "./answers.js";
import { reasonOf } from "./refused.js";
import { cropParameters } from "./settings.js";

const MOST_CHOICES = 4; // of a ratio
const AT_ONCE = 12; // ratios: the service takes 64 crops in a request

/** Those of some ratios that have to be asked for. */
export const missing = (photo, ratios) =>
  ratios.filter((ratio) => !photo.fresh.has(ratio) && !photo.crops.get(ratio)?.edited);

/** Ask for some ratios and keep the answers; those that cannot be met get a `problem`. */
export async function learn(photo, ratios, { signal, most = MOST_CHOICES } = {}) {
  for (let at = 0; at < ratios.length; at += AT_ONCE)
    await learnSome(photo, ratios.slice(at, at + AT_ONCE), most, signal);
}

async function learnSome(photo, ratios, most, signal) {
  try {
    const asked = [...cropParameters(), ["max_candidates", most]];
    keep(photo, await answers.findCrops(photo, ratios, asked, signal));
  } catch (error) {
    const tooMany = error.limit?.name === "max_crops", conflict = error.code === "constraint";
    if ((tooMany || conflict) && ratios.length > 1)
      for (const ratio of ratios) await learnSome(photo, [ratio], most, signal);
    else if (tooMany && most > 1) await learnSome(photo, ratios, 1, signal);
    else if (conflict) set(photo, ratios[0], { ratio: ratios[0], problem: conflictOf(error) });
    else throw error;
  }
}

/** Why nothing fits; the advice after it speaks of parameters, which the page has as controls. */
const conflictOf = (error) => reasonOf(error).replace(/; ask for .*$/, "");

function keep(photo, answer) {
  photo.key = answer.photo;
  photo.size = [answer.width, answer.height];
  for (const [ratio, others] of Map.groupBy(answer.crops, (crop) => crop.ratio))
    set(photo, ratio, { ...others[0], others, at: 0 });
}

function set(photo, ratio, crop) {
  if (photo.crops.get(ratio)?.edited) return;
  photo.crops.set(ratio, crop);
  photo.fresh.add(ratio);
  photo.remarks.delete(ratio);
}

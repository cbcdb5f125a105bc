// The service, as the page uses it.

class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.limit = error.limit; // { name, value } where one was exceeded
    this.reason = error.reason; // undefined where it is not about a photo
  }
}

/** What is wrong, without the photo's name, which the page knows better than the service. */
export const reasonOf = (error) => error.reason ?? error.message;

async function post(path, parameters, body, signal) {
  const query = new URLSearchParams(parameters);
  let answer;
  try {
    answer = await fetch(`${path}?${query}`, { method: "POST", body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused({ code: "offline", message: "The service does not answer. Is it running?" });
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: { message: answer.statusText } }));
  throw new Refused(error);
}

/** Ask about a photo by its key where the service may still know it, else send it. */
async function ask(path, photo, parameters, signal) {
  if (photo.key) {
    try {
      return await post(path, [...parameters, ["photo", photo.key]], undefined, signal);
    } catch (error) {
      if (error.code !== "photo_not_kept") throw error;
    }
  }
  return post(path, parameters, photo.file, signal);
}

const marked = (photo) => photo.marks.map(({ kind, box }) => [kind, box.join(",")]);

/** Boxes for some ratios, with the photo's marks: {width, height, crops, photo}. */
export async function findCrops(photo, ratios, asked, signal) {
  const parameters = [...ratios.map((ratio) => ["ratio", ratio]), ...marked(photo), ...asked];
  return (await ask("v1/crops", photo, parameters, signal)).json();
}

/** What the network sees, as a bitmap in greys. */
export async function findMap(photo, ratio, signal) {
  const answer = await ask("v1/map", photo, [["ratio", ratio]], signal);
  return createImageBitmap(await answer.blob());
}

/** A picture and what of the photo it does not keep: {blob, losses}. */
async function picture(parameters, photo) {
  const answer = await post("v1/crop", parameters, photo.file);
  return { blob: await answer.blob(), losses: answer.headers.get("X-Crop-Warnings") ?? "" };
}

/** A box of the photo as a file. */
export const cut = (photo, box, written) => picture([["box", box.join(",")], ...written], photo);

/** A crop that is found anew, as a file: a padded one is more than a box. */
export const cutFound = (photo, ratio, asked, written) =>
  picture([["ratio", ratio], ...marked(photo), ...asked, ...written], photo);

/** Runs the latest call and gives up those before it: for what follows a slider or a pointer. */
export function latest(work) {
  let running;
  return async (...args) => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      return await work(mine.signal, ...args);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
}

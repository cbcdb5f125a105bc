/** What runs in the worker: a cropper that messages ask. */

import { Cropper } from "./cropper.js";
import { type Answer, type Method, type Question, sent } from "./worker-messages.js";

type Call = (...args: readonly unknown[]) => Promise<unknown>;

let cropper: Promise<Cropper> | null = null;

async function answer({ method, args }: Question): Promise<unknown> {
  if (method === "load") {
    cropper = Cropper.load(...(args as Parameters<typeof Cropper.load>));
    return (await cropper).manifest;
  }
  const loaded = await cropper!;
  const methods = loaded as unknown as Record<Method, Call>;
  try {
    return await methods[method](...args);
  } finally {
    if (args[0] instanceof ImageBitmap) args[0].close(); // the page made it for this call
  }
}

async function answered(question: Question): Promise<Answer> {
  try {
    return { id: question.id, value: await answer(question) };
  } catch (error) {
    return { id: question.id, error: sent(error) };
  }
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  void answered(data).then((message) => {
    postMessage(message);
  });
});

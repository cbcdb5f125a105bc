// Who answers on the page as a site: this device, or a service if the site names one. It stands in
// place of the service's own page/answers.js, where what an answerer offers is told.

import { writable } from "./files.js";
import { Local } from "./local.js";
import { Service } from "./service.js";

const address = document.querySelector('meta[name="marscrop-service"]')?.content;
const local = new Local(await writable());
const changes = [];

export let answers = local;

/** What to say where the page's own files cannot be had. */
export const silent = "The site does not answer. Is this device offline?";

/** Calls `changed` when another answers than before. */
export const watchAnswers = (changed) => changes.push(changed);

const choice = document.getElementById("answers");
if (address && choice) {
  const service = new Service(address);
  choice.value = "local"; // as the page was left, browsers would have it
  choice.addEventListener("change", () => {
    answers = choice.value === "local" ? local : service;
    document.body.classList.toggle("uploads", answers === service);
    for (const changed of changes) changed();
  });
}

// The photos as a row of thumbnails, and beside it those that could not be taken.

import { keepingFocus } from "./say.js";

function button(at, label, press) {
  const node = document.createElement("button");
  node.type = "button";
  node.dataset.at = at;
  node.setAttribute("aria-label", label);
  node.title = label;
  node.addEventListener("click", press);
  return node;
}

function thumbnail(photo, index, shown, on) {
  const item = document.createElement("li");
  const open = button(`open ${index}`, photo.name, () => on.choose(photo));
  const image = document.createElement("img");
  image.src = photo.url;
  image.alt = "";
  open.className = "open";
  if (shown) open.setAttribute("aria-current", "true");
  open.addEventListener("keydown", ({ key }) => { if (key === "Delete") on.remove(photo); });
  open.append(image);
  const remove = button(`remove ${index}`, `Remove ${photo.name}`, () => on.remove(photo));
  remove.className = "remove";
  remove.textContent = "\u00d7";
  item.append(open, remove);
  return item;
}

function waiting(name) {
  const item = document.createElement("li");
  item.className = "waiting";
  item.title = `Looking at ${name}`;
  return item;
}

/** on: { choose(photo), remove(photo) }; awaited: names of photos that are being looked at. */
export function showStrip(photos, chosen, awaited, on) {
  const list = document.getElementById("photos");
  keepingFocus(list, () => list.replaceChildren(
    ...photos.map((photo, index) => thumbnail(photo, index, photo === chosen, on)),
    ...awaited.map(waiting)));
}

/** A photo that could not be taken, and why; it stays until it is put away. */
export function refuse(name, reason) {
  const item = document.createElement("li");
  const title = document.createElement("b"), text = document.createElement("span");
  title.textContent = name;
  text.setAttribute("role", "alert");
  text.append(title, ` ${reason}`);
  const away = button(`away ${name}`, `Put away the message about ${name}`, () => item.remove());
  away.textContent = "\u00d7";
  item.append(text, away);
  document.getElementById("refused").append(item);
}

// The contact sheet: a card for each crop, filled with its picture only while it is near the screen.

import { photoUrl } from "./api.js";
import { fitted } from "./geometry.js";
import { keyOf } from "./review.js";

const ROOM = { width: 176, height: 160 };

export class Sheet {
  constructor(element, review) {
    this.element = element;
    this.review = review;
    this.cards = new Map();
    this.crops = [];
    this.near = new IntersectionObserver((entries) => {
      for (const entry of entries) this.fill(entry.target, entry.isIntersecting);
    }, { rootMargin: "700px" });
  }

  show(crops) {
    this.near.disconnect();
    this.cards.clear();
    this.crops = crops;
    const parts = [];
    for (const ratio of this.review.ratios) {
      const group = crops.filter((crop) => crop.ratio === ratio);
      if (!group.length) continue;
      const title = made("h2", "", ratio);
      title.append(made("small", "", `  ${group.length.toLocaleString("en")}`));
      const list = made("ul", "grid");
      list.setAttribute("aria-label", ratio);
      list.append(...group.map((crop) => this.item(crop)));
      parts.push(title, list);
    }
    if (!parts.length) parts.push(made("p", "empty", "No crops here."));
    if (this.review.failed.length) parts.push(...this.failures());
    this.element.replaceChildren(...parts);
    for (const card of this.cards.values()) this.near.observe(card);
    this.makeCurrent(crops[0]);
  }

  item(crop) {
    const item = made("li");
    const card = made("button", "card");
    card.type = "button";
    card.tabIndex = -1;
    card.dataset.key = keyOf(crop);
    this.cards.set(crop, card);
    this.label(crop);
    item.append(card);
    return item;
  }

  failures() {
    const list = made("dl", "failed");
    for (const photo of this.review.failed.slice(0, 500)) {
      list.append(made("dt", "", photo.name), made("dd", "", photo.error));
    }
    return [made("h2", "", "Photos that failed"), list];
  }

  // The words of a card; `fill` adds its picture.
  label(crop) {
    const card = this.cards.get(crop);
    const photo = this.review.photo(crop);
    const further = crop.candidate > 1 ? ` (${crop.candidate})` : "";
    const state = crop.state ?? "to do";
    card.className = `card ${crop.state ?? ""}`;
    card.setAttribute("aria-label",
      `${photo.name}${further}, ${crop.ratio}, ${this.review.words(crop)}, ${state}`);
    card.title = photo.name;
  }

  fill(card, isNear) {
    if (!isNear) {
      card.replaceChildren();
      return;
    }
    const crop = this.review.byKey.get(card.dataset.key);
    const photo = this.review.photo(crop);
    const view = made("span", "view"), part = made("span", "window"), image = made("img");
    image.alt = "";
    image.decoding = "async";
    image.src = photoUrl(crop.photo, 480);
    part.append(image);
    view.append(part);
    const further = crop.candidate > 1 ? ` (${crop.candidate})` : "";
    const facts = made("span", "line", this.review.words(crop));
    facts.prepend(made("span", "state", crop.state ?? ""));
    card.replaceChildren(view, made("span", "line", photo.name.split("/").at(-1) + further), facts);
    this.place(crop, card);
  }

  place(crop, card) {
    const part = card.querySelector(".window"), image = part.firstChild;
    const photo = this.review.photo(crop);
    const { width, height, scale, left, top } = fitted(crop.box, crop.padding, ROOM);
    Object.assign(part.style, { width: `${width}px`, height: `${height}px` });
    Object.assign(image.style, {
      width: `${photo.width * scale}px`, height: `${photo.height * scale}px`,
      left: `${left - crop.box[0] * scale}px`, top: `${top - crop.box[1] * scale}px`,
      clipPath: crop.padding ? inset(crop.box, photo, scale) : "",
    });
  }

  update(crop) {
    const card = this.cards.get(crop);
    if (!card) return;
    this.label(crop);
    if (!card.firstChild) return;
    this.place(crop, card);
    card.querySelector(".state").textContent = crop.state ?? "";
    card.lastChild.lastChild.textContent = this.review.words(crop);
  }

  get current() { return this.now; }

  makeCurrent(crop) {
    const before = this.cards.get(this.now);
    if (before) before.tabIndex = -1;
    this.now = crop;
    const card = this.cards.get(crop);
    if (card) card.tabIndex = 0;
  }

  focus(crop) {
    this.makeCurrent(crop);
    const card = this.cards.get(crop);
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest" });
  }

  neighbour(crop, step) { return this.crops[this.crops.indexOf(crop) + step] ?? crop; }

  nextToDo(crop) {
    const from = this.crops.indexOf(crop) + 1;
    return this.crops.slice(from).find((one) => one.state === null)
      ?? this.crops.find((one) => one.state === null) ?? crop;
  }

  // The crop in the row above or below (-1, 1), nearest across.
  inRow(crop, direction) {
    const place = (one) => this.cards.get(one).getBoundingClientRect();
    const here = place(crop);
    let row = null, best = crop;
    for (let i = this.crops.indexOf(crop) + direction; this.crops[i]; i += direction) {
      const there = place(this.crops[i]);
      if (Math.abs(there.top - here.top) < 4) continue;
      row ??= there.top;
      if (Math.abs(there.top - row) > 4) break;
      if (best === crop || Math.abs(there.left - here.left) < Math.abs(place(best).left - here.left)) {
        best = this.crops[i];
      }
    }
    return best;
  }
}

function inset(box, photo, scale) {
  const [top, right, bottom, left] = [box[1], photo.width - box[2], photo.height - box[3], box[0]];
  return `inset(${[top, right, bottom, left].map((side) => `${side * scale}px`).join(" ")})`;
}

export function made(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// Crops side by side, all of the same area: a ratio is compared, not a size.

import { ratioValue, sizeOf } from "./geometry.js";

const AREA = 190 ** 2, WIDEST = 420, TALLEST = 330;

function shownSize(value) {
  const width = Math.min(Math.sqrt(AREA * value), WIDEST);
  const height = Math.min(width / value, TALLEST);
  return [height * value, height];
}

function picture(photo, box) {
  const cut = document.createElement("div");
  cut.className = "cut";
  const [width, height] = sizeOf(box);
  const [shown] = shownSize(width / height);
  cut.style.width = `${shown}px`;
  cut.style.aspectRatio = `${width} / ${height}`;
  const image = document.createElement("img");
  image.src = photo.url;
  image.alt = "";
  image.draggable = false;
  image.style.width = `${photo.size[0] / width * 100}%`;
  image.style.left = `${-box[0] / width * 100}%`;
  image.style.top = `${-box[1] / height * 100}%`;
  cut.append(image);
  return cut;
}

/** How sure the model is, in words and as a bar. */
function sureness(crop) {
  const line = document.createElement("span");
  if (crop.edited) {
    line.textContent = "changed by you";
    return line;
  }
  const bar = document.createElement("span");
  bar.className = "sure";
  const filled = document.createElement("i");
  filled.style.width = `${crop.confidence * 100}%`;
  bar.append(filled);
  line.append(bar, inWords(crop));
  line.title = "How likely it is that a photographer would take it rather than the centre crop";
  return line;
}

export const inWords = ({ confidence, edited }) =>
  edited ? "changed by you"
    : confidence === 0 ? "the centre crop" : `${Math.round(confidence * 100)} % sure`;

function card(photo, crop, name, chosen, choose) {
  const item = document.createElement("li");
  item.className = "crop";
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", chosen);
  button.dataset.ratio = crop.ratio;
  button.addEventListener("click", () => choose(crop.ratio));
  const about = document.createElement("div");
  about.className = "about";
  const title = document.createElement("b");
  title.textContent = name;
  if (!crop.box) {
    button.className = "refused";
    button.textContent = crop.problem;
    about.append(title);
  } else {
    const [width, height] = sizeOf(crop.box);
    const size = document.createElement("span");
    size.textContent = `${width} \u00d7 ${height}`;
    about.append(title, " ", size, document.createElement("br"), sureness(crop));
    button.append(picture(photo, crop.box));
    button.setAttribute("aria-label", `${name}, ${width} by ${height} pixels, ${inWords(crop)}`);
  }
  item.append(button, about);
  return item;
}

/** Draw the crops; keeps the focus on the one that had it. */
export function showCards(list, photo, crops, chosen, nameOf, choose) {
  const focused = list.contains(document.activeElement) && document.activeElement.dataset.ratio;
  list.replaceChildren(...crops.map((crop) =>
    card(photo, crop, nameOf(crop.ratio), crop.ratio === chosen, choose)));
  if (focused) [...list.querySelectorAll("button")].find((b) => b.dataset.ratio === focused)?.focus();
}

/** What a slider's place is called: the ratio of two small numbers where that is near, else x:1. */
export function ratioOf(place) {
  const value = 2 ** place;
  for (const text of ["1:4", "1:3", "9:16", "1:2", "2:3", "5:7", "3:4", "4:5", "1:1", "5:4", "4:3",
    "7:5", "3:2", "16:9", "2:1", "3:1", "4:1"]) {
    if (Math.abs(Math.log2(ratioValue(text)) - place) < 0.0051) return text;
  }
  return value >= 1 ? `${value.toFixed(2)}:1` : `1:${(1 / value).toFixed(2)}`;
}

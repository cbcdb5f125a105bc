// The page: photos, what is wanted of them, and the parts that show it.

import { cut, findCrops, findMap, latest, reasonOf } from "./api.js";
import { inWords, ratioOf, showCards } from "./cards.js";
import { asCss, asJson, fileName, formatOf, save } from "./exports.js";
import { ratioValue, sizeOf } from "./geometry.js";
import { Stage } from "./stage.js";
import { zip } from "./zip.js";

const PRESETS = new Map([["1:1", "Square"], ["4:5", "Portrait"], ["9:16", "Story"], ["16:9", "Wide"],
  ["3:1", "Banner"], ["3:2", "Print"], ["5:7", "Card"]]);
const PREVIEW_PX = 1600;
const $ = (id) => document.getElementById(id);

const state = {
  photos: [], // { name, file, url, size, key, crops: ratio -> crop, marks: [{ kind, box }] }
  photo: null,
  chosen: new Set(["1:1", "4:5", "9:16", "16:9"]), // ratios to make
  active: "16:9", // on the stage; one of the chosen, or the slider's
  map: false,
};

const stage = new Stage($("stage"), {
  crop: changeCrop,
  reset: resetCrop,
  marks: (marks) => { state.photo.marks = marks; setMarking(null); stage.showMarks(); askAgain(); },
  marked: () => askAgain(),
});

const say = (() => {
  let timer;
  return (text) => {
    $("said").textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { $("said").textContent = ""; }, 4000);
  };
})();

function problem(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text ?? "";
}

const ratios = () => [...state.chosen].sort((a, b) => ratioValue(b) - ratioValue(a));
const nameOf = (ratio) => PRESETS.has(ratio) ? `${PRESETS.get(ratio)} ${ratio}` : ratio;

// Photos

async function addPhotos(files) {
  for (const file of files) {
    const photo = { name: file.name || "pasted.png", file, crops: new Map(), marks: [] };
    try {
      say(`Looking at ${photo.name} ...`);
      await learn(photo, ratios());
      photo.url = await preview(photo);
    } catch (error) {
      say(`${photo.name}: ${reasonOf(error)}`);
      continue;
    }
    state.photos.push(photo);
    $("empty").hidden = true;
    $("work").hidden = false;
    choosePhoto(photo);
    say(`${photo.name}: ${photo.crops.size} crops`);
  }
}

/** Ask for some ratios and keep the answers, but for crops that people changed. */
async function learn(photo, wanted, signal) {
  if (!wanted.length) return;
  try {
    const answer = await findCrops(photo, wanted, signal);
    photo.key = answer.photo;
    photo.size = [answer.width, answer.height];
    for (const crop of answer.crops)
      if (!photo.crops.get(crop.ratio)?.edited) photo.crops.set(crop.ratio, crop);
  } catch (error) {
    if (error.code !== "constraint") throw error;
    if (wanted.length > 1) {
      for (const ratio of wanted) await learn(photo, [ratio], signal);
    } else if (!photo.crops.get(wanted[0])?.edited) {
      photo.crops.set(wanted[0], { ratio: wanted[0], problem: reasonOf(error) });
    }
  }
}

/** A URL of the upright photo; of formats that browsers do not show, one that the service makes. */
async function preview(photo) {
  const url = URL.createObjectURL(photo.file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return url;
  } catch {
    URL.revokeObjectURL(url);
    const width = Math.min(PREVIEW_PX, photo.size[0]);
    return URL.createObjectURL(await cut(photo, [0, 0, ...photo.size], "jpg", [["width", width]]));
  }
}

function choosePhoto(photo) {
  state.photo = photo;
  stage.show(photo);
  const [width, height] = photo.size;
  $("view-title").textContent = photo.name;
  $("facts").textContent = `${width} \u00d7 ${height}`;
  $("photos").replaceChildren(...state.photos.map((one) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const image = document.createElement("img");
    button.type = "button";
    image.src = one.url;
    image.alt = one.name;
    if (one === photo) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => choosePhoto(one));
    button.append(image);
    item.append(button);
    return item;
  }));
  askAgain();
}

// Crops

const shown = () => {
  const list = ratios();
  return state.chosen.has(state.active) ? list : [state.active, ...list];
};

function draw() {
  const { photo, active } = state;
  const crop = photo.crops.get(active);
  stage.showCrop(crop && { ...crop, value: ratioValue(active) });
  problem(crop?.problem);
  $("reset").hidden = !crop?.edited;
  const crops = shown().map((ratio) => photo.crops.get(ratio)).filter(Boolean);
  showCards($("crops"), photo, crops, active, nameOf, activate);
  if (crop?.box) {
    const [width, height] = sizeOf(crop.box);
    $("facts").textContent =
      `${active} \u00b7 ${width} \u00d7 ${height} of ${photo.size.join(" \u00d7 ")} \u00b7 ${inWords(crop)}`;
  }
  $("pin").disabled = state.chosen.has(active);
}

const ask = latest(async (signal, wanted) => {
  const { photo, active } = state;
  try {
    await learn(photo, wanted, signal);
    if (state.photo === photo) draw();
    if (!state.map) return;
    const map = await findMap(photo, active, signal);
    if (state.photo === photo && state.map) stage.showMap(map);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    problem(reasonOf(error));
  }
});

/** All crops of the photo anew: its marks changed, or it is another photo. */
const askAgain = () => ask(shown());

function activate(ratio) {
  state.active = ratio;
  $("sweep").value = Math.log2(ratioValue(ratio));
  showSweep();
  draw();
  if (state.map) ask([ratio]);
}

function changeCrop(box) {
  const crop = state.photo.crops.get(state.active);
  state.photo.crops.set(state.active, { ...crop, box, edited: true });
  draw();
}

function resetCrop() {
  state.photo.crops.delete(state.active);
  ask([state.active]);
}

// Ratios

function showSweep() {
  $("sweep-value").textContent = state.active;
  $("sweep").setAttribute("aria-valuetext", state.active.replace(":", " to "));
}

function sweep() {
  const before = state.active;
  state.active = ratioOf(Number($("sweep").value));
  if (!state.chosen.has(before) && !state.photo.crops.get(before)?.edited)
    state.photo.crops.delete(before); // the slider passes hundreds
  showSweep();
  ask([state.active]);
}

function showRatios() {
  const all = new Set([...PRESETS.keys(), ...state.chosen]);
  $("ratios").replaceChildren(...[...all].map((ratio) => {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    const number = document.createElement("small");
    box.type = "checkbox";
    box.value = ratio;
    box.checked = state.chosen.has(ratio);
    box.addEventListener("change", () => choose(ratio, box.checked));
    number.textContent = PRESETS.has(ratio) ? ratio : "";
    label.append(box, PRESETS.get(ratio) ?? ratio, number);
    item.append(label);
    return item;
  }));
}

function choose(ratio, wanted) {
  if (wanted) state.chosen.add(ratio);
  else state.chosen.delete(ratio);
  if (wanted) activate(ratio);
  askAgain();
}

// Marks and map

function setMarking(kind) {
  stage.setMarking(kind);
  for (const name of ["keep", "avoid"]) $(name).setAttribute("aria-pressed", kind === name);
}

function mark(kind, event) {
  if (event.detail === 0) stage.addMark(kind); // by keyboard: there is nothing to draw with
  else setMarking(stage.marking === kind ? null : kind);
}

function toggleMap() {
  state.map = !state.map;
  $("show-map").setAttribute("aria-pressed", state.map);
  if (state.map) ask([state.active]);
  else stage.showMap(null);
}

// Taking away

async function download() {
  $("zip").disabled = true;
  try {
    const files = [], names = new Map();
    const wanted = state.photos.flatMap((photo) => ratios().map((ratio) => [photo, ratio]));
    for (const [index, [photo, ratio]] of wanted.entries()) {
      say(`Making ${index + 1} of ${wanted.length} ...`);
      if (!photo.crops.has(ratio)) await learn(photo, [ratio]);
      const crop = photo.crops.get(ratio);
      if (!crop?.box) continue;
      const format = formatOf(photo, $("format").value);
      const name = fileName(photo, ratio, format), times = names.get(name) ?? 0;
      names.set(name, times + 1);
      const blob = await cut(photo, crop.box, format);
      files.push({
        name: times ? name.replace(/(\.\w+)$/, `_${times + 1}$1`) : name, // two photos of one name
        bytes: new Uint8Array(await blob.arrayBuffer()),
      });
    }
    save(zip(files), "crops.zip");
    say(`${files.length} crops in crops.zip`);
  } catch (error) {
    say(reasonOf(error));
  } finally {
    $("zip").disabled = false;
  }
}

async function copy(make, what) {
  for (const photo of state.photos)
    await learn(photo, ratios().filter((ratio) => !photo.crops.has(ratio)));
  try {
    await navigator.clipboard.writeText(make(state.photos, ratios()));
    say(`${what} copied`);
  } catch {
    say("The browser does not let this page use the clipboard");
  }
}

// What people do

$("files").addEventListener("change", ({ target }) => { addPhotos([...target.files]); target.value = ""; });
for (const button of document.querySelectorAll("[data-choose]"))
  button.addEventListener("click", () => $("files").click());
$("sweep").addEventListener("input", sweep);
$("pin").addEventListener("click", () => { state.chosen.add(state.active); showRatios(); draw(); });
$("keep").addEventListener("click", (event) => mark("keep", event));
$("avoid").addEventListener("click", (event) => mark("avoid", event));
$("show-map").addEventListener("click", toggleMap);
$("reset").addEventListener("click", resetCrop);
$("zip").addEventListener("click", download);
$("copy-json").addEventListener("click", () => copy(asJson, "JSON"));
$("copy-css").addEventListener("click", () => copy(asCss, "CSS"));
addEventListener("paste", (event) => addPhotos([...event.clipboardData.files]));
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  addPhotos([...event.dataTransfer.files]);
});
showRatios();
showSweep();
$("sweep").value = Math.log2(ratioValue(state.active));

// The page: photos, what is wanted of them, and the parts that show it.

import { answers, silent, watchAnswers } from "./answers.js";
import { reveal, showCards } from "./cards.js";
import { showChips } from "./chips.js";
import { sureness } from "./confidence.js";
import { copy, download, take } from "./downloads.js";
import { asCss, asJson } from "./exports.js";
import { centreCrop, sizeOf } from "./geometry.js";
import { latest } from "./latest.js";
import { learn, missing } from "./learn.js";
import { preview } from "./preview.js";
import { nameOf, ratioOf, ratioValue, readRatio } from "./ratios.js";
import { reasonOf } from "./refused.js";
import { complain, say, tell } from "./say.js";
import { fill, offer, padWhereNeeded, pads, watch } from "./settings.js";
import { Stage } from "./stage.js";
import { ratios, shown, state } from "./state.js";
import { refuse, showStrip } from "./strip.js";
import { fileSize } from "./take.js";

const HINT = "Drag the frame, or a corner of it";
const $ = (id) => document.getElementById(id);

const stage = new Stage($("stage"), {
  crop: changeCrop,
  reset: resetCrop,
  marks: (marks) => { state.photo.marks = marks; setMarking(null); stage.showMarks(); marked(); },
  marked,
});

// Photos

async function addPhotos(files) {
  state.awaited.push(...files.map(({ name }) => name));
  for (const file of files) {
    const photo = { name: file.name || "pasted.png", file, crops: new Map(), fresh: new Set(),
      marks: [], remarks: new Map() };
    drawStrip();
    $("empty").classList.add("busy");
    tell(`Looking at ${photo.name}`);
    try {
      await learn(photo, ratios().length ? ratios() : [state.active]);
      photo.url = await preview(photo);
    } catch (error) {
      refuse(photo.name, reasonOf(error));
      continue;
    } finally {
      state.awaited.splice(state.awaited.indexOf(file.name), 1);
      $("empty").classList.toggle("busy", state.awaited.length > 0);
      drawStrip();
    }
    state.photos.push(photo);
    const first = $("work").hidden;
    $("empty").hidden = true;
    $("work").hidden = false;
    choosePhoto(photo);
    if (first) $("view-title").focus({ preventScroll: true }); // what was pressed is gone
  }
}

function drawStrip() {
  showStrip(state.photos, state.photo, state.awaited, { choose: choosePhoto, remove: removePhoto });
}

function choosePhoto(photo) {
  state.photo = photo;
  setMarking(null);
  stage.show(photo);
  $("view-title").textContent = photo.name;
  $("facts").textContent = photo.size.join(" \u00d7 ");
  drawStrip();
  draw();
  ask(shown());
}

function removePhoto(photo) {
  const index = state.photos.indexOf(photo);
  state.photos.splice(index, 1);
  URL.revokeObjectURL(photo.url);
  say(`${photo.name} removed`);
  if (!state.photos.length) {
    state.photo = null;
    $("work").hidden = true;
    $("empty").hidden = false;
    document.querySelector("#empty [data-choose]").focus();
    return;
  }
  const next = Math.min(index, state.photos.length - 1);
  if (photo === state.photo) choosePhoto(state.photos[next]);
  else drawStrip();
  document.querySelector(`#photos [data-at="open ${next}"]`).focus();
}

async function tryExample(name) {
  try {
    const answer = await fetch(`page/examples/${name}`);
    if (!answer.ok) throw new Error(answer.statusText);
    await addPhotos([new File([await answer.blob()], name, { type: "image/jpeg" })]);
  } catch {
    refuse(name, silent);
  }
}

// Crops

function facts(crop) {
  const size = sizeOf(crop.box).join(" \u00d7 ");
  return [nameOf(crop.ratio), `${size} of ${state.photo.size.join(" \u00d7 ")}`, sureness(crop).word];
}

function draw() {
  const { photo, active } = state;
  if (!photo) return;
  const crop = photo.crops.get(active);
  if (crop) stage.showCrop({ ...crop, value: ratioValue(active) }); // else as it was, until it is found
  stage.showMiddle(state.compare ? centreCrop(ratioValue(active), photo.size) : null);
  complain("problem", crop?.problem);
  $("pad").hidden = !crop?.problem || pads();
  $("reset").hidden = !crop?.edited;
  drawChoices(crop);
  drawHint();
  if (crop) drawFacts(crop.box ? facts(crop) : [nameOf(active)]);
  showCards($("crops"), photo, shown().map((ratio) => photo.crops.get(ratio)).filter(Boolean), {
    active,
    compare: state.compare,
    fill: fill(),
    size: fileSize,
    on: { choose: activate, take: (ratio) => take(ratio).then(draw) },
  });
}

function drawHint() {
  const crop = state.photo?.crops.get(state.active);
  if (stage.marking) $("hint").textContent = "Press it again to stop";
  else if (crop?.padding) $("hint").textContent = "A padded crop stays where it is";
  else $("hint").textContent = state.learnt || crop?.problem ? "" : HINT;
}

function drawFacts(parts) {
  $("facts").replaceChildren(...parts.map((part, index) => {
    const node = document.createElement("span");
    node.textContent = index ? ` \u00b7 ${part}` : part;
    return node;
  }));
}

function drawChoices(crop) {
  const most = crop?.others?.length ?? 0;
  $("choices").hidden = most < 2;
  $("choice").textContent = `Choice ${(crop?.at ?? 0) + 1} of ${most}`;
}

const ask = latest(async (signal, wanted, most) => {
  const { photo, active } = state;
  $("crops").setAttribute("aria-busy", "true");
  try {
    const lacking = missing(photo, wanted);
    await learn(photo, lacking, { signal, most });
    if (state.photo !== photo) return;
    complain("how-problem", "");
    draw();
    const crop = photo.crops.get(active);
    if (lacking.length) tell([photo.name, ...(crop?.box ? facts(crop) : [crop?.problem])].join(", "));
    const map = state.map && await answers.findMap(photo, active, signal);
    if (state.photo === photo && state.map) stage.showMap(map);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    complain(error.code === "option" ? "how-problem" : "problem", reasonOf(error));
  }
  $("crops").removeAttribute("aria-busy");
});

/** All crops of the photo anew: its marks changed. */
function marked() {
  state.photo.fresh.clear();
  ask(shown());
}

/** All crops of all photos anew. */
function askAgain() {
  for (const photo of state.photos) photo.fresh.clear();
  if (state.photo) ask(shown());
}

function activate(ratio) {
  state.active = ratio;
  showSweep();
  $("typed").value = "";
  draw();
  reveal($("crops"));
  ask([ratio]).then(() => reveal($("crops")));
}

function changeCrop(box) {
  const { photo, active } = state;
  state.learnt = true;
  photo.remarks.delete(active);
  photo.crops.set(active, { ...photo.crops.get(active), box, edited: true });
  draw();
}

function resetCrop() {
  const { photo, active } = state, hadFocus = document.activeElement === $("reset");
  const { others, at } = photo.crops.get(active);
  photo.crops.set(active, { ...others[at], others, at });
  draw();
  if (hadFocus) $("frame").focus({ preventScroll: true });
  ask([active]); // marks may have changed since
}

function step(by) {
  const { photo, active } = state, { others, at } = photo.crops.get(active);
  const next = (at + by + others.length) % others.length;
  photo.remarks.delete(active);
  photo.crops.set(active, { ...others[next], others, at: next });
  draw();
  tell([`Choice ${next + 1} of ${others.length}`, ...facts(others[next])].join(", "));
}

// Ratios

function showSweep() {
  $("sweep").value = Math.log2(ratioValue(state.active));
  nameSweep();
}

function nameSweep() {
  $("sweep-value").textContent = nameOf(state.active);
  $("sweep").setAttribute("aria-valuetext", state.active.replace(/[:x]/, " to "));
}

function sweep() {
  const { photo, active: before } = state;
  state.active = ratioOf(Number($("sweep").value));
  if (!state.chosen.has(before) && !photo.crops.get(before)?.edited) {
    photo.crops.delete(before); // the slider passes hundreds
    photo.fresh.delete(before);
  }
  nameSweep();
  $("typed").value = state.chosen.has(state.active) ? "" : state.active;
  complain("typed-problem", "");
  ask([state.active], 1);
}

function addTyped(event) {
  event.preventDefault();
  let ratio;
  try {
    ratio = readRatio($("typed").value || state.active);
  } catch (error) {
    $("typed").setAttribute("aria-invalid", "true");
    complain("typed-problem", error.message);
    $("typed").focus();
    return;
  }
  typing();
  if (!state.offered.includes(ratio)) state.offered.push(ratio);
  state.chosen.add(ratio);
  showChips(choose);
  activate(ratio);
  say(`${nameOf(ratio)} added`);
}

function typing() {
  $("typed").removeAttribute("aria-invalid");
  complain("typed-problem", "");
}

function choose(ratio, wanted) {
  if (wanted) state.chosen.add(ratio);
  else state.chosen.delete(ratio);
  state.active = wanted ? ratio : ratios()[0] ?? state.active;
  showSweep();
  draw();
  ask(shown()).then(() => reveal($("crops")));
}

// Marks, map, comparison

function setMarking(kind) {
  stage.setMarking(kind);
  for (const name of ["keep", "avoid"]) $(name).setAttribute("aria-pressed", kind === name);
  const what = { keep: "what every crop must show", avoid: "what no crop may show" }[kind];
  complain("drag-hint", kind && `Drag a box over ${what}`);
  drawHint();
}

function mark(kind, event) {
  if (event.detail === 0) stage.addMark(kind); // by keyboard: there is nothing to draw with
  else setMarking(stage.marking === kind ? null : kind);
}

function toggleMap() {
  state.map = !state.map;
  $("show-map").setAttribute("aria-pressed", state.map);
  $("legend").hidden = !state.map;
  if (state.map) ask([state.active]);
  else stage.showMap(null);
}

function toggleCompare() {
  state.compare = !state.compare;
  $("compare").setAttribute("aria-pressed", state.compare);
  draw();
}

// What people do

$("files").addEventListener("change", ({ target }) => { addPhotos([...target.files]); target.value = ""; });
for (const button of document.querySelectorAll("[data-choose]"))
  button.addEventListener("click", () => $("files").click());
for (const button of document.querySelectorAll("[data-example]"))
  button.addEventListener("click", () => tryExample(button.dataset.example));
$("sweep").addEventListener("input", sweep);
$("sweep").addEventListener("change", () => { state.photo.fresh.delete(state.active); ask([state.active]); });
$("typed").addEventListener("input", typing);
$("typed-form").addEventListener("submit", addTyped);
$("keep").addEventListener("click", (event) => mark("keep", event));
$("avoid").addEventListener("click", (event) => mark("avoid", event));
$("show-map").addEventListener("click", toggleMap);
$("compare").addEventListener("click", toggleCompare);
$("choice-before").addEventListener("click", () => step(-1));
$("choice-after").addEventListener("click", () => step(1));
$("reset").addEventListener("click", resetCrop);
$("zip").addEventListener("click", () => download().then(draw));
$("copy-json").addEventListener("click", () => copy(asJson, "JSON"));
$("copy-css").addEventListener("click", () => copy(asCss, "CSS"));
watch(askAgain, draw);
$("pad").addEventListener("click", () => { padWhereNeeded(); $("frame").focus({ preventScroll: true }); });
addEventListener("keydown", ({ key }) => { if (key === "Escape" && stage.marking) setMarking(null); });
addEventListener("paste", (event) => addPhotos([...event.clipboardData.files]));
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  addPhotos([...event.dataTransfer.files]);
});
showChips(choose);
showSweep();
offer(answers.can);
watchAnswers(() => { offer(answers.can); askAgain(); });

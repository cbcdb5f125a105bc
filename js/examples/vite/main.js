// Crops the photo that is chosen; it never leaves the page.
import { Cropper } from "marscrop";

const RATIOS = ["16:9", "1:1", "4:5"];
const loading = Cropper.load();

document.getElementById("photo").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  const cropper = await loading;
  const [crops, photo] = await Promise.all([cropper.crop(file, RATIOS), createImageBitmap(file)]);
  const pictures = crops.map(({ box: [x0, y0, x1, y1], ratio }) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [x1 - x0, y1 - y0];
    canvas.title = ratio.label;
    canvas.style.height = "200px";
    canvas.getContext("2d").drawImage(photo, -x0, -y0);
    return canvas;
  });
  document.getElementById("crops").replaceChildren(...pictures);
});

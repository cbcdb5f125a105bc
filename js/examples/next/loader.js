/**
 * The file of a crop in the width that a layout needs. `<Image src="/crops/cat_16x9.webp">` gets
 * /crops/cat_16x9_640.webp; crops.js has written it.
 */
export default function loader({ src, width }) {
  return src.replace(/(\.\w+)$/, `_${width}$1`);
}

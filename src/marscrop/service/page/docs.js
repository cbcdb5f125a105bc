// openapi.json for people.

const element = (name, text = "", ...children) => {
  const node = document.createElement(name);
  node.textContent = text;
  node.append(...children);
  return node;
};

function table(rows) {
  const body = element("table", "", ...rows.map((cells) =>
    element("tr", "", ...cells.map((cell) =>
      element("td", "", cell instanceof Node ? cell : document.createTextNode(cell))))));
  const scroll = element("div", "", body);
  scroll.className = "scroll";
  return scroll;
}

function exampleOf({ schema }) {
  const example = schema.examples?.[0];
  return Array.isArray(example) ? example[0] : example;
}

function curl(method, path, operation) {
  const url = `${location.origin}${path}`;
  if (method !== "post") return `curl ${url}`;
  const wanted = operation.parameters.find(({ name }) => name === "ratio");
  const binary = !operation.responses["200"].content["application/json"];
  return `curl ${binary ? "-o out " : ""}-F image=@photo.jpg '${url}?ratio=${exampleOf(wanted) ?? "16:9"}'`;
}

function describe(path, method, operation) {
  const title = element("h2", "", element("code", method.toUpperCase()), element("span", path));
  const parts = [title, element("p", operation.description ?? operation.summary),
    element("h3", "Try it"), element("pre", curl(method, path, operation))];
  if (operation.parameters?.length)
    parts.push(element("h3", "Parameters, in the query or a form"), table(operation.parameters.map((one) =>
      [element("code", one.name), one.description, element("code", exampleOf(one) ?? "")])));
  const example = operation.responses["200"]?.content?.["application/json"]?.example;
  if (example) parts.push(element("h3", "Answer"), element("pre", JSON.stringify(example, null, 1)));
  parts.push(element("h3", "Statuses"), table(Object.entries(operation.responses).map(
    ([status, { description }]) => [element("code", status), description])));
  return element("section", "", ...parts);
}

const api = await (await fetch("openapi.json")).json();
document.getElementById("main").append(...Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => describe(path, method, operation))));

// What the server is asked; errors are sentences for people.

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The review has ended: start marscrop review again to go on.");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.reason ?? answer.error?.message ?? `failed with status ${response.status}`);
  return answer;
}

function post(path, table) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(table),
    keepalive: true,
  });
}

export const loadReview = () => ask("/api/review");
export const loadStatus = () => ask("/api/status");
export const judge = (crops, state) => post("/api/judge", { crops, state });
export const change = (crop, box) => post("/api/change", { crop, box });
export const recrop = (crop, keep) => post("/api/recrop", { crop, keep });
export const photoUrl = (photo, edge) => `/photos/${photo}/${edge}`;

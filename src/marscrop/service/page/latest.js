// Calls of which only the latest counts.

/** Runs the latest call and gives up those before it: for what follows a slider or a pointer. */
export function latest(work) {
  let running;
  return async (...args) => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      return await work(mine.signal, ...args);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
}

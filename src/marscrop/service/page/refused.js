// An answer that there is none, and why.

export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.limit = error.limit; // { name, value } where one was exceeded
    this.reason = error.reason; // undefined where it is not about a photo
  }
}

/** What is wrong, without the photo's name, which the page knows better than the service. */
export const reasonOf = (error) => error.reason ?? error.message;

// What the modules of a part tell each other where one cannot import the other, which imports it.

/**
 * Whoever listens is called, in the order in which they came.
 * @template {unknown[]} [A=[]]
 */
export class Signal {
  /** @type {((...values: A) => unknown)[]} */
  #listeners = [];

  /** @param {(...values: A) => unknown} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @param {A} values */
  send(...values) {
    for (const listener of this.#listeners) listener(...values);
  }
}

// What modules of the page need of a browser when they are read: an address, a history, and a document with nothing on it.

/**
 * @param {{ search?: string, modules?: object }} [given] the address, and what the page says of its modules
 */
export function setGlobals({ search = "", modules = {} } = {}) {
  const events = new EventTarget();
  const address = new URL(`https://a.org/${search}`);
  const written = JSON.stringify({ texts: {}, more_texts: {}, addresses: {}, ...modules });
  Object.assign(globalThis, {
    location: address,
    history: { state: null, replaceState: (_, __, next) => (address.href = new URL(next, address).href) },
    localStorage: { getItem: () => null, setItem: () => {} },
    document: Object.assign(events, {
      baseURI: address.href,
      documentElement: { dataset: {} },
      getElementById: (id) => (id === "race-modules" ? { textContent: written } : null),
    }),
  });
}

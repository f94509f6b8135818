// Who asks: one visitor for all tabs of this page, whose newer requests take the place of older ones.

const bytes = crypto.getRandomValues(new Uint8Array(16));

/** 16 random bytes in hexadecimal, others each time that the page is opened. */
export const visitor = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

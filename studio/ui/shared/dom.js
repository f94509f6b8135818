// Elements, pictures and files; what is said to everybody, and to a screen reader.

import { reopenWith } from "./history.js";

/**
 * An element with its properties, and what is in it: elements or text.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {object} properties
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/**
 * A picture's address that holds the picture: some 15 ms sooner on the screen than one of a blob.
 * @param {string} base64
 */
export const jpegUrl = (base64) => `data:image/jpeg;base64,${base64}`;

/**
 * A tile has a million letters: a function called for each of them takes longer than decoding the picture.
 * @param {string} base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function toBytes(base64) {
  const { fromBase64 } = /** @type {any} */ (Uint8Array);
  if (fromBase64) return fromBase64.call(Uint8Array, base64);
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}

/**
 * @param {string} base64
 * @param {string} type
 */
export const toBlob = (base64, type) => new Blob([toBytes(base64)], { type });

/**
 * Save a file under a name.
 * @param {Blob} blob
 * @param {string} name
 */
export function saveBlob(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/**
 * A tile to look at in passing, from a picture that is loaded: a JPEG of `side` pixels as a data address.
 * @param {CanvasImageSource} image
 */
export function toThumbnail(image, side = 112) {
  const canvas = make("canvas", { width: side, height: side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, side, side);
  return canvas.toDataURL("image/jpeg", 0.7);
}

/**
 * Close a dialog by its button and by a click beside it; the browser keeps the focus in it and gives it back.
 * @param {HTMLDialogElement} dialog
 * @param {() => unknown} [reopen] how it is opened when the browser goes on to it again
 */
export function setUpDialog(dialog, reopen = () => dialog.showModal()) {
  reopenWith(dialog, reopen);
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

/**
 * Say what everybody should read, whatever tab is open: the header shows it for a while.
 * @param {string} words
 */
export const showNotice = (words) => document.dispatchEvent(new CustomEvent("race:say", { detail: words }));

const spoken = make("p", { className: "spoken" });
spoken.setAttribute("role", "status");
document.body.append(make("div", { className: "race" }, spoken));

/**
 * Say something to a screen reader.
 * @param {string | null} words
 */
export const announce = (words) => void (spoken.textContent = words);

/** The element that has the focus. */
export const focusedElement = () => /** @type {HTMLElement | null} */ (document.activeElement);

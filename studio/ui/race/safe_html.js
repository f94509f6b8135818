// The entrants' Markdown, which the program has made safe HTML: here only the tags and links that it writes are taken over.

const TAGS = new Set(["P", "BR", "HR", "EM", "STRONG", "CODE", "PRE", "UL", "OL", "LI", "BLOCKQUOTE", "A"]);
const LINK = /^(https?:\/\/|mailto:)/i;

/**
 * The nodes of a text in HTML, without any attribute but the addresses of links.
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function safeNodes(html) {
  const fragment = document.createDocumentFragment();
  takeOver(new DOMParser().parseFromString(html, "text/html").body, fragment);
  return fragment;
}

/**
 * @param {Node} from
 * @param {Node} to
 */
function takeOver(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.appendChild(document.createTextNode(node.nodeValue ?? ""));
    if (!(node instanceof HTMLElement)) continue;
    const copy = TAGS.has(node.tagName) ? document.createElement(node.tagName) : document.createElement("span");
    if (copy instanceof HTMLAnchorElement) setAddress(copy, node.getAttribute("href") ?? "");
    takeOver(node, copy);
    to.appendChild(copy);
  }
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} address
 */
function setAddress(link, address) {
  if (!LINK.test(address)) return;
  Object.assign(link, { href: address, target: "_blank", rel: "nofollow noopener noreferrer ugc" });
}

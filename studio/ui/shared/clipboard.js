// The clipboard, which a page on plain http has not.

/**
 * Copy a text; tells whether it is in the clipboard now.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

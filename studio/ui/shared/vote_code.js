// The code of a voter, which comes behind # in the link: it is taken out of the address before anything else reads that.

const CODE = /^#code=([^&]{1,200})$/;

/** @returns {string | null} */
function takeCode() {
  const found = CODE.exec(location.hash);
  if (found === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    return decodeURIComponent(found[1]);
  } catch {
    return found[1];
  }
}

let code = takeCode();

/** The code with which the page came, given once; then null. */
export function takeVoteCode() {
  const given = code;
  code = null;
  return given;
}

// A link that is opened while the page is open changes the address only.
window.addEventListener("hashchange", () => {
  const found = takeCode();
  if (found === null) return;
  code = found;
  document.dispatchEvent(new CustomEvent("race:vote-code"));
});

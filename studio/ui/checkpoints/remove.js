// --- taking back what this browser has added ------------------------------------------------------------------------------

const removed = $(".removed");
let doubted = null; // the one whose removal is to be confirmed
let removedLine = null; // what is said of the last removal: {key, values, failed}

function sayRemoved(next) {
  removedLine = next;
  removed.hidden = next === null;
  removed.classList.toggle("failed", Boolean(next?.failed));
  removed.textContent = next === null ? "" : race.text(next.key, next.values);
}

function action(className, key, one, act) {
  const button = make("button", { type: "button", className, textContent: race.text(key) });
  button.setAttribute("aria-label", `${race.text(key)}: ${one.name}`);
  button.addEventListener("click", act);
  return button;
}

// What stands beside the row of a checkpoint: nothing, a button, or the question whether it is meant.
function removal(one) {
  if (!one.added || !race.own.has(one.sha256)) return [];
  if (doubted !== one.sha256) return [action("remove-own", "remove_own", one, () => doubt(one.sha256))];
  const no = action("remove-no", "remove_no", one, () => doubt(null, one.sha256));
  const yes = action("remove-yes", "remove_yes", one, () => remove(one));
  return [make("div", { className: "sure" }, make("p", { textContent: race.text("remove_sure", one) }), make("div", { className: "row" }, yes, no))];
}

function doubt(sha256, focused = sha256) {
  doubted = sha256;
  sayRemoved(null);
  show();
  rowOf(focused)?.querySelector(".remove-no, .remove-own")?.focus();
}

let removing = false;
async function remove({ sha256, name }) {
  if (removing) return; // a second click of the same hand
  removing = true;
  const answer = await race.ask(server.remove, { sha256, secret: race.secret() });
  [removing, doubted] = [false, null];
  if (answer.error) sayRemoved({ key: answer.error.code, values: answer.error.values, failed: true });
  else sayRemoved({ key: "remove_done", values: { name, hash: sha256.slice(0, 8) } });
  if (answer.list) race.takeList(answer);
  else race.refreshList(); // it may have gone in the meantime
  show();
  const next = matchMedia("(pointer: fine)").matches ? search : $(".close"); // the search would bring up a phone's keyboard
  const kept = answer.error ? buttonOf(sha256) ?? rowOf(sha256)?.querySelector("button") : null;
  if (dialog.open) (kept ?? next).focus();
}

race.onLanguage(element, () => sayRemoved(removedLine));

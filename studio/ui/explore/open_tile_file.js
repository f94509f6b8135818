// An exported tile opens its checkpoint, seed and truncation. What a file says of itself is a claim: the tile that is shown
// is drawn from the seed, and whether the file holds the same pixels is for Verify to find out.
let opened = null; // {sha256, seed, psi, name, file} of the file that was opened last, while its tile is shown
let newestFile = 0;

function showOpened() {
  $(".opened").hidden = opened === null || !same(opened, race.shown);
  if (opened === null) return;
  const values = { file: opened.file.name, words: race.tileWords(opened), hash: opened.sha256.slice(0, 8) };
  $(".opened-words").textContent = race.text("open_claim", values);
}

async function openFile(file) {
  const mine = ++newestFile;
  const read = await race.files.read(file);
  const answer = read.error ? read : await race.ask(server.open_tile, { file: read.base64 });
  if (mine !== newestFile) return;
  if (answer.error) {
    showProblem(answer.error);
    return status.scrollIntoView({ block: "nearest" });
  }
  showProblem(null);
  if (!checkpointOf(answer.sha256)) refreshList();
  opened = { ...answer, file };
  showOpened();
  race.setSeed({ sha256: answer.sha256, seed: answer.seed, psi: answer.psi });
  tile.scrollIntoView({ block: "nearest" });
}

function forgetOpened() {
  opened = null;
  showOpened();
}

document.addEventListener("ganrace:shown", showOpened);
document.addEventListener("race:seed", () => opened !== null && !same(opened, race.seed) && forgetOpened());
$(".verify-opened").addEventListener("click", () => race.verify(opened.file));
$(".close-opened").addEventListener("click", forgetOpened);
race.files.chosen($(".open-file"), openFile);
const mayDrop = () => race.tab === "explore" && !document.querySelector("dialog[open]");
race.files.dropped(document, openFile, (over) => ($(".drop-here").hidden = !over), mayDrop);
race.onLanguage(element, showOpened);

// The link as a QR code; the program draws it, and knows a public link where this address is of one machine only.
const qr = $(".qr");
let code = null; // {link, reach, svg} of the link that the dialog shows, or {error}
let codesAsked = 0;

async function showQr() {
  const mine = (codesAsked += 1);
  code = null;
  showCode();
  qr.showModal();
  const answer = await race.ask(server.link_code, { link: race.link.whole() });
  if (mine !== codesAsked) return;
  code = answer;
  showCode();
}

function showCode() {
  const drawn = code !== null && !code.error;
  for (const name of [".qr-picture", ".qr-link"]) $(name).hidden = !drawn;
  $(".qr-words").hidden = code === null;
  $(".qr-words").classList.toggle("failed", Boolean(code?.error));
  $(".qr-words").classList.toggle("warned", code?.reach === "qr_one_machine");
  if (code !== null) $(".qr-words").replaceChildren(...withCommands(code.error ? race.errorText(code.error) : race.text(code.reach)));
  if (!drawn) return;
  $(".qr-picture").src = `data:image/svg+xml;base64,${code.svg}`;
  $(".qr-picture").alt = race.text("qr_alt");
  $(".qr-link").textContent = $(".qr-link").href = code.link;
}

// What stands between backquotes is a command.
function withCommands(words) {
  return words.split("`").map((piece, place) => {
    return place % 2 === 0 ? piece : Object.assign(document.createElement("code"), { textContent: piece });
  });
}

race.dialog(qr);
$(".open-qr").addEventListener("click", showQr);
race.keys.register("", { qr_title: showQr });
race.onLanguage(qr, showCode);

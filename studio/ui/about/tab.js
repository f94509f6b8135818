// The tab About: the scores, the glossary, and what the program is.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { onLanguage, textOf } from "../shared/texts.js";
import { showContents } from "./contents.js";
import { $, element, server, showProblem, state, withCode } from "./context.js";
import { showGlossary } from "./glossary.js";
import { askScores, showScores } from "./scores.js";

async function askProgram() {
  const answer = await callServer(server.about_program, {});
  if (answer.error) return showProblem(answer.error);
  state.program = answer;
  showGlossary();
  showProgram();
}

function showProgram() {
  for (const name of ["licence", "errors"]) $(`.${name}`).replaceChildren(...withCode(textOf(`about_${name}`)));
  if (state.program === null) return;
  const rows = Object.entries(state.program.versions).map(([name, value]) => [
    textOf(`about_version_${name}`),
    value ?? textOf("about_not_installed"),
  ]);
  $(".versions").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]),
  );
}

onLanguage(element, () => {
  showScores();
  showGlossary();
  showProgram();
  showContents();
});
askScores();
askProgram();

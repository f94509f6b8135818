// The tab Morph: its parts put together, and its words in the language of the page.

import { onLanguage } from "../shared/texts.js";
import { $, element, props, view } from "./context.js";
import { showSeeds } from "./endpoints.js";
import { fillStyles, showSelect, takeSeed } from "./generator_options.js";
import { lens } from "./lightbox.js";
import "./playback.js";
import { showFilm, showFilmOptions } from "./video_export.js";
import { showControls, showProblem, showWords } from "./words.js";

$(".no-data").hidden = props.copies;

onLanguage(element, () => {
  showSelect();
  showFilmOptions();
  fillStyles();
  showSeeds();
  showControls();
  showWords();
  lens.showWords();
  showFilm();
  showProblem(view.problem);
});

takeSeed();

// What tests and the browser's console see of the page. No module of the page uses it.

import { callServer } from "./api.js";
import { setList } from "./checkpoint_list.js";
import { findCheckpoint } from "./checkpoints.js";
import * as favourites from "./local_favourites.js";
import { page, setSeed, setShown } from "./page_state.js";
import * as ahead from "./prefetch.js";
import * as looked from "./seen_seeds.js";
import { sharedLink } from "./share_link.js";
import * as keep from "./storage.js";
import { openCompare as compare, openSeed, openTab, openVerify as verify, showsTile } from "./tabs.js";
import { errorText, setLanguage, textOf as text } from "./texts.js";
import * as link from "./url_state.js";
import { visitor } from "./visitor.js";
import { visitorSecret as secret } from "./visitor_secret.js";

const calls = { callServer, compare, openSeed, openTab, setLanguage, setList, setSeed, setShown, verify };
const views = {
  ahead,
  errorText,
  favourites,
  find: findCheckpoint,
  keep,
  link,
  looked,
  secret,
  sharedLink,
  showsTile,
  text,
  visitor,
};

Object.assign(window, {
  ganRace: Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors({ ...calls, ...views }),
    language: { get: () => page.language },
    list: { get: () => page.list },
    seed: { get: () => page.seed },
    shown: { get: () => page.shown },
    tab: { get: () => page.tab },
  }),
});

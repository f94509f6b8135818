import assert from "node:assert/strict";
import { test } from "node:test";

import {
  PAUSE_MILLISECONDS,
  followCurves,
} from "../../../studio/ui/compare/live_curves.js";

const { first, longest } = PAUSE_MILLISECONDS;

// A page whose clock stands still: `pauses` are how long it has been asked to wait, `pass` lets the last wait be over.
function followed(answers, { isWanted = () => true } = {}) {
  const [asked, shown, pauses, waits] = [[], [], [], []];
  const parts = {
    isWanted,
    ask: (versions) => (asked.push(versions), Promise.resolve(answers.shift())),
    show: (answer) => shown.push(answer.versions[0]),
  };
  const wait = (act, milliseconds) => (
    waits.push(act),
    pauses.push(milliseconds)
  );
  return {
    asked,
    shown,
    pauses,
    following: followCurves(parts, wait),
    pass: () => waits.shift()(),
  };
}

const grown = (version) => ({
  curves: [{}],
  versions: [version],
  followed: true,
  growing: true,
});
const same = (version) => ({ ...grown(version), curves: [null] });

test("curves are asked for with the version that is on the screen, soon while they grow and ever later while not", async () => {
  const page = followed([
    grown("1"),
    grown("2"),
    same("2"),
    same("2"),
    grown("3"),
    ...Array(20).fill(same("3")),
  ]);
  await page.following.begin();
  for (let time = 0; time < 20; time += 1) await page.pass();
  assert.deepEqual(page.asked.slice(0, 5), [[], ["1"], ["2"], ["2"], ["2"]]);
  const [, , later, latest, soon] = page.pauses;
  assert.deepEqual(
    [page.pauses[0], page.pauses[1], soon],
    [first, first, first],
  );
  assert.ok(first < later && later < latest);
  assert.equal(page.pauses.at(-1), longest);
});

test("where no run has a log that may grow nothing is asked again", async () => {
  const page = followed([{ ...grown("1"), followed: false }]);
  await page.following.begin();
  assert.deepEqual([page.shown, page.pauses], [["1"], []]);
  assert.equal(page.following.resume(), undefined);
});

test("what is not looked at is not asked for, and goes on once it is", async () => {
  let isWanted = true;
  const page = followed([grown("1"), grown("2"), grown("3")], {
    isWanted: () => isWanted,
  });
  await page.following.begin();
  isWanted = false;
  await page.pass();
  assert.equal(page.asked.length, 1);
  assert.equal(page.following.resume(), undefined);
  isWanted = true;
  await page.following.resume();
  assert.deepEqual(page.shown, ["1", "2"]);
  assert.equal(page.following.resume(), undefined, "one question at a time");
});

test("an answer for runs that are no longer compared is not shown, and a failed question is asked again later", async () => {
  const page = followed([
    grown("1"),
    { error: { code: "error_connection", values: {} } },
    grown("2"),
  ]);
  const late = page.following.begin();
  page.following.end();
  await late;
  assert.deepEqual(page.shown, []);
  await page.following.begin();
  assert.deepEqual(page.pauses, [longest]);
  await page.pass();
  assert.deepEqual(page.shown, ["2"]);
});

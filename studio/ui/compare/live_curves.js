// Asks for the curves of runs again and again while they are looked at, the more seldom the longer they stay as they are.

/** @import { Answered, CurvesReply } from "../protocol.d.ts" */

export const PAUSE_MILLISECONDS = { first: 3000, longest: 60000, factor: 1.6 };

/**
 * Return what follows the curves of the runs that are compared. It asks only while `isWanted`, one question at a time, and
 * stops for good where no run has a log that may grow. A question that fails is asked again later.
 * @param {{
 *   isWanted: () => boolean,
 *   ask: (versions: string[]) => Promise<Answered<CurvesReply>>,
 *   show: (answer: CurvesReply) => void,
 * }} parts
 * @param {(act: () => void, milliseconds: number) => unknown} wait
 */
export function followCurves({ isWanted, ask, show }, wait = setTimeout) {
  const { first, longest, factor } = PAUSE_MILLISECONDS;
  let round = 0; // which runs are followed; 0 before any
  let isFollowing = false;
  let isWaiting = false;
  let pause = first;
  /** @type {string[]} */
  let versions = [];

  /** @param {number} mine */
  async function look(mine) {
    if (mine !== round) return;
    isWaiting = false;
    if (!isFollowing || !isWanted()) return;
    isWaiting = true;
    const answer = await ask(versions);
    if (mine !== round) return;
    isWaiting = false;
    if ("curves" in answer) take(answer);
    else pause = longest; // a checkpoint that a run has replaced is asked for anew with the list of checkpoints
    if (isFollowing) later(mine);
  }

  /** @param {CurvesReply} answer */
  function take(answer) {
    const hasGrown = answer.versions.join() !== versions.join();
    pause = hasGrown ? first : Math.min(pause * factor, longest);
    isFollowing = answer.followed;
    versions = answer.versions;
    show(answer);
  }

  /** @param {number} mine */
  function later(mine) {
    isWaiting = true;
    wait(() => look(mine), pause);
  }

  return {
    /** Follow the runs that are compared now, from the first answer on. */
    begin() {
      round += 1;
      [isFollowing, isWaiting, versions, pause] = [true, false, [], first];
      return look(round);
    },
    /** Follow none. */
    end() {
      round += 1;
      [isFollowing, isWaiting] = [false, false];
    },
    /** Go on where the curves are looked at again. */
    resume() {
      if (!isFollowing || isWaiting || !isWanted()) return undefined;
      pause = first;
      return look(round);
    },
  };
}

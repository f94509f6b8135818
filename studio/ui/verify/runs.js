// Numbers that follow each other.

/**
 * Split rising numbers where one is left out: [3, 7, 8] is [[3], [7, 8]].
 * @param {number[]} numbers
 * @returns {number[][]}
 */
export function runsOf(numbers) {
  /** @type {number[][]} */
  const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs;
}

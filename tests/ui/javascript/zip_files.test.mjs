import assert from "node:assert/strict";
import { test } from "node:test";

import { fileAt } from "../../../studio/ui/favourites/zip_files.js";

/** @param {string} name @param {Buffer} data */
function entry(name, data) {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(data.length, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(2, 28); // bytes of more
  return Buffer.concat([header, Buffer.from(name), Buffer.alloc(2), data]);
}

const FIRST = entry("a.png", Buffer.from("pixels"));
const WHOLE = Buffer.concat([FIRST, entry("b", Buffer.from("{}")), Buffer.from("PK\x01\x02 and the rest of a directory ....")]);

test("the files of a zip are found one after the other, and no more", async () => {
  const zip = new Blob([WHOLE]);
  const found = [];
  for (let one = await fileAt(zip, 0); one !== null; one = await fileAt(zip, one.end)) {
    found.push(await zip.slice(one.start, one.end).text());
  }
  assert.deepEqual(found, ["pixels", "{}"]);
});

test("a file counts once the last of its bytes has come", async () => {
  for (let size = 0; size < FIRST.length; size++) assert.equal(await fileAt(new Blob([WHOLE.subarray(0, size)]), 0), null);
  assert.equal((await fileAt(new Blob([FIRST]), 0))?.end, FIRST.length);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { zipOf } from "../../../studio/ui/favourites/zip.js";

const FILES = ["first.png", "manifest.json"].map((name, number) => ({ name, bytes: Uint8Array.from([1, 2, 255, number]) }));

test("a zip holds its files as they are, each with its checksum, and a directory of them", async () => {
  const bytes = Buffer.from(await zipOf(FILES, new Date(2024, 1, 3, 4, 5, 6)).arrayBuffer());
  assert.equal(bytes.readUInt32LE(0), 0x04034b50);
  assert.ok(bytes.includes(Buffer.concat([Buffer.from("first.png"), Buffer.from(FILES[0].bytes)])));
  const end = bytes.length - 22;
  assert.equal(bytes.readUInt32LE(end), 0x06054b50);
  assert.equal(bytes.readUInt16LE(end + 10), FILES.length);
  const directory = bytes.readUInt32LE(end + 16);
  assert.equal(bytes.readUInt32LE(directory), 0x02014b50);
  assert.equal(bytes.readUInt32LE(directory + 16), bytes.readUInt32LE(14)); // the checksum of the first file
});

test("the checksum is the one of PKWARE", async () => {
  const bytes = Buffer.from(await zipOf([{ name: "a", bytes: new TextEncoder().encode("123456789") }]).arrayBuffer());
  assert.equal(bytes.readUInt32LE(14), 0xcbf43926);
});

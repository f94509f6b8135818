// The pure parts of Verify's table: zips, similarity of tiles, the files that are saved.

import assert from "node:assert/strict";
import test from "node:test";
import { deflateRawSync } from "node:zlib";

import { similarity, signatureOf } from "../../../studio/ui/verify/duplicates.js";
import { toCsv, toJson } from "../../../studio/ui/verify/verdict_table.js";
import {
  ZipError,
  membersOf,
  readMember,
} from "../../../studio/ui/verify/zip_reader.js";

/** A zip as programs write it; each file may say another method, flags or size than it has. */
function zipOf(files, { comment = "", cut = 0 } = {}) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, data, method = 8, flags = 0x800, stored } of files) {
    const letters = Buffer.isBuffer(name) ? name : Buffer.from(name);
    const body = stored ?? (method === 8 ? deflateRawSync(data) : data);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(letters.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(body.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(letters.length, 28);
    central.writeUInt32LE(offset, 42);
    parts.push(local, letters, body);
    directory.push(central, letters);
    offset += 30 + letters.length + body.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  const whole = Buffer.concat([
    ...parts,
    ...directory,
    end,
    Buffer.from(comment),
  ]);
  return new Blob([whole.subarray(0, whole.length - cut)]);
}

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());
const codeOf = (promise) =>
  promise.then(
    () => null,
    (error) => (error instanceof ZipError ? error.code : error),
  );

test("stored and deflated files of a zip come out as they went in, by name, folders left out", async () => {
  const text = Buffer.from("tile ".repeat(1000));
  const zip = zipOf(
    [
      { name: "z/b.png", data: text },
      { name: "a.png", data: text, method: 0 },
      { name: "z/", data: Buffer.alloc(0), method: 0 },
    ],
    { comment: "PK a comment" },
  );
  const members = await membersOf(zip);
  assert.deepEqual(
    members.map((one) => one.name),
    ["a.png", "z/b.png"],
  );
  for (const member of members)
    assert.deepEqual(await bytesOf(await readMember(zip, member, 1e6)), text);
});

test("names are read as they were meant", async () => {
  const japanese = Buffer.from([0x89, 0xd4, 0x2e, 0x70, 0x6e, 0x67]); // 花.png in Shift_JIS
  const data = Buffer.from("x");
  const zip = zipOf([
    { name: japanese, data, flags: 0 },
    { name: "蓮.png", data, flags: 0 },
    { name: "é.png", data },
  ]);
  assert.deepEqual(
    (await membersOf(zip)).map((one) => one.name).sort(),
    ["é.png", "花.png", "蓮.png"].sort(),
  );
});

test("what a hostile zip holds is told and costs no more than the limit", async () => {
  const bomb = { name: "bomb.png", data: Buffer.alloc(20_000_000) };
  const zip = zipOf([bomb]);
  const [member] = await membersOf(zip);
  assert.equal(await codeOf(readMember(zip, member, 16e6)), "file_too_large");
  const lying = zipOf([
    {
      name: "a.png",
      data: Buffer.alloc(9),
      stored: Buffer.from("no deflate stream"),
    },
  ]);
  assert.equal(
    await codeOf(readMember(lying, (await membersOf(lying))[0], 99)),
    "archive_damaged",
  );
  const data = Buffer.from("x");
  const odd = await membersOf(
    zipOf([
      { name: "a", data, flags: 1 },
      { name: "b", data, method: 12 },
      { name: "c", data },
    ]),
  );
  assert.deepEqual(
    odd.map((one) => one.problem),
    ["archive_encrypted", "archive_method", null],
  );
});

test("what is no zip, cut short, or of too many files is refused", async () => {
  assert.equal(
    await codeOf(membersOf(new Blob(["no zip at all"]))),
    "archive_damaged",
  );
  assert.equal(
    await codeOf(
      membersOf(zipOf([{ name: "a", data: Buffer.from("x") }], { cut: 8 })),
    ),
    "archive_damaged",
  );
  const many = Array.from({ length: 4097 }, (_, number) => ({
    name: `${number}`,
    data: Buffer.alloc(0),
    method: 0,
  }));
  assert.equal(await codeOf(membersOf(zipOf(many))), "archive_too_many");
});

const signature = (level) =>
  signatureOf(Buffer.alloc(100 * 192, level).toString("base64"));
const tile = (values) => ({
  sha256: "a",
  seed: 1,
  psi: 1,
  signature: null,
  ...values,
});

test("the same checkpoint, seed and psi are the same tile, whatever the pixels", () => {
  assert.equal(similarity(tile({}), tile({})), "same_tile");
  for (const other of [{ seed: 2 }, { psi: 0.9 }, { sha256: "b" }])
    assert.equal(similarity(tile({}), tile(other)), null);
  const unknown = tile({ sha256: null, seed: null });
  assert.equal(similarity(unknown, unknown), null);
});

test("pictures are nearly equal within three levels", () => {
  const near = (level) =>
    similarity(
      tile({ signature: signature(100) }),
      tile({ seed: 2, signature: signature(level) }),
    );
  assert.equal(near(103), "nearly_equal");
  assert.equal(near(104), null);
});

test("equal means of cells with other squares are not nearly equal", () => {
  const bytes = Buffer.alloc(100 * 192, 100);
  for (let place = 0; place < bytes.length; place++)
    bytes[place] += Math.floor(place / 3) % 2 ? 20 : -20;
  const striped = signatureOf(bytes.toString("base64"));
  assert.ok(Math.abs(striped.means[0] - 100) < 1e-3);
  assert.equal(
    similarity(
      tile({ signature: signature(100) }),
      tile({ seed: 2, signature: striped }),
    ),
    null,
  );
});

const VERDICT = {
  outcome: "pass_exact",
  checkpoint: "abc",
  seed: 7,
  psi: 1,
  origin: "folder",
};
const DECLARED = {
  checkpoint_name: "+one",
  seeds_looked_at: 3,
  training_hours: 1.5,
  pretrained: null,
  recipe: "r",
};
const ROW = {
  ...{
    file: '=a,"b".png',
    verdict: VERDICT,
    declared: DECLARED,
    sentence: "Good.\nYes.",
    duplicates: [],
  },
  ...{ duplicateWords: "", comparison: null, warnings: ["Look."] },
};

test("a CSV is quoted, and no text in it is computed by a spreadsheet", () => {
  const [, ...rest] = toCsv([ROW]).split(/\n/);
  assert.equal(
    rest.join("\n"),
    `"'=a,""b"".png",pass_exact,"Good.\nYes.",abc,'+one,7,1,3,1.5,,,folder,,,,,Look.\n`,
  );
});

const firstCell = (file) =>
  toCsv([{ ...ROW, file }])
    .split("training_copies,warnings\n")[1]
    .replace(/,"?pass_exact.*/s, "");

test("the same texts get an apostrophe as in the tables of the program", () => {
  const formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u3000=1"];
  formulas.push("\ttext", "＝1", "＠x", "－1", "﹢1", "\x85=1", "\x1f=1");
  for (const text of formulas) assert.equal(firstCell(text), `'${text}`);
  assert.equal(firstCell("\r\n=1"), `"'\r\n=1"`);
  for (const text of ["a=1", "", "1+1", "tile.png", "é", " a=1"])
    assert.equal(firstCell(text), text);
});

test("a pretrained network is written as its file calls it", () => {
  const pretrained = { text: "a network", code: "network_efficientnet", values: {} };
  const rows = [{ ...ROW, declared: { ...DECLARED, pretrained } }];
  assert.ok(toCsv(rows).includes(",1.5,a network,,"));
  assert.equal(JSON.parse(toJson(rows)).files[0].pretrained, "a network");
  assert.equal(JSON.parse(toJson([ROW])).files[0].pretrained, null);
});

test("the numbers of a comparison are in both files", () => {
  const comparison = {
    tiles: [{ seed: 4 }, { seed: 5 }],
    score: 1.234,
    repeated: 2,
    copies: [7, 8],
  };
  assert.ok(toCsv([{ ...ROW, comparison }]).includes('"4, 5",1.23,2,2,Look.'));
  const { files, counts } = JSON.parse(toJson([{ ...ROW, comparison }]));
  assert.deepEqual(files[0].verdict.comparison, {
    seeds: [4, 5],
    score: 1.234,
    repeated: 2,
    copies: [7, 8],
  });
  assert.deepEqual(counts, { pass_exact: 1 });
});

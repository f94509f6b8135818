// A zip of files as they are, uncompressed (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16): a PNG is compressed
// already. Names are plain letters, and all of it stays below the 4 GB at which another format begins.

const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
function crcOf(bytes) {
  let crc = 0xffffffff;
  for (let place = 0; place < bytes.length; place++) crc = CRC_OF_BYTE[(crc ^ bytes[place]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Write [value, bytes it takes] one after the other, the lowest byte first.
 * @param {number[][]} fields
 * @returns {Uint8Array<ArrayBuffer>}
 */
const packed = (...fields) =>
  Uint8Array.from(
    fields.flatMap(([value, size]) => Array.from({ length: size }, (_, place) => (value >>> (8 * place)) & 255)),
  );

/** @param {Date} date */
function timeOf(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  return [
    [time, 2],
    [((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(), 2],
  ];
}

/**
 * Zip files in their order.
 * @param {{ name: string, bytes: Uint8Array<ArrayBuffer> }[]} files
 */
export function zipOf(files, date = new Date()) {
  const [VERSION, FLAGS, METHOD, NOTHING] = [
    [10, 2],
    [0, 2],
    [0, 2],
    [0, 2],
  ];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const letters = new TextEncoder().encode(name);
    const facts = [
      VERSION,
      FLAGS,
      METHOD,
      ...timeOf(date),
      [crcOf(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [letters.length, 2],
      NOTHING,
    ];
    const header = packed([0x04034b50, 4], ...facts);
    directory.push(packed([0x02014b50, 4], VERSION, ...facts, NOTHING, NOTHING, NOTHING, [0, 4], [offset, 4]), letters);
    parts.push(header, letters, bytes);
    offset += header.length + letters.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed(
    [0x06054b50, 4],
    NOTHING,
    NOTHING,
    [files.length, 2],
    [files.length, 2],
    [size, 4],
    [offset, 4],
    NOTHING,
  );
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

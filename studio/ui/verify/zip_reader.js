// The files in a zip that somebody has chosen (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.4): only those that are wanted
// leave the browser, so that a zip of mails may be as large as it likes. Stored and deflated members are read.

export const MOST_MEMBERS = 4096;
const END = { signature: 0x06054b50, size: 22 };
const MEMBER = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const LONGEST_COMMENT = 0xffff;
const LARGE = 0xffffffff; // stands where the value is in another format, for zips above 4 GB
const [STORED, DEFLATED] = [0, 8];

/** @typedef {{ name: string, problem: string | null, method: number, packed: number, offset: number }} ZipMember */

/** A zip cannot be read; `code` names a reason of a verdict, and `values` fill it. */
export class ZipError extends Error {
  /**
   * @param {string} code
   * @param {Record<string, string | number>} values
   */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/**
 * @param {Blob} blob
 * @param {number} start
 * @param {number} end
 */
const bytesOf = async (blob, start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer());

/** @param {Uint8Array<ArrayBuffer>} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The files in a zip by name, folders left out; one that cannot be read has the reason as its `problem`.
 * @param {Blob} zip
 * @returns {Promise<ZipMember[]>} rejects with ZipError
 */
export async function membersOf(zip) {
  const end = await endOf(zip);
  if (end.count > MOST_MEMBERS) throw new ZipError("archive_too_many", { limit: MOST_MEMBERS });
  if (end.offset === LARGE || end.size === LARGE) throw new ZipError("archive_too_large", { limit: 2 ** 32 });
  const bytes = await bytesOf(zip, end.offset, end.offset + end.size);
  const members = [...directory(bytes, end.count)].filter((one) => !one.name.endsWith("/"));
  return members.sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
}

/** @param {Blob} zip */
async function endOf(zip) {
  const bytes = await bytesOf(zip, Math.max(0, zip.size - END.size - LONGEST_COMMENT), zip.size);
  const view = viewOf(bytes);
  for (let place = bytes.length - END.size; place >= 0; place--) {
    if (view.getUint32(place, true) !== END.signature) continue;
    const count = view.getUint16(place + 10, true);
    return { count, size: view.getUint32(place + 12, true), offset: view.getUint32(place + 16, true) };
  }
  throw new ZipError("archive_damaged");
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} count
 * @returns {Generator<ZipMember>}
 */
function* directory(bytes, count) {
  const view = viewOf(bytes);
  let place = 0;
  for (let number = 0; number < count; number++) {
    if (place + MEMBER.size > bytes.length || view.getUint32(place, true) !== MEMBER.signature) {
      throw new ZipError("archive_damaged");
    }
    const [flags, method] = [8, 10].map((offset) => view.getUint16(place + offset, true));
    const lengths = [28, 30, 32].map((offset) => view.getUint16(place + offset, true));
    const start = place + MEMBER.size;
    const name = decodedName(bytes.subarray(start, start + lengths[0]), Boolean(flags & 0x800));
    const [packed, offset] = [20, 42].map((from) => view.getUint32(place + from, true));
    yield { name, problem: problemOf(flags, method), method, packed, offset };
    place = start + lengths[0] + lengths[1] + lengths[2];
  }
}

/**
 * @param {number} flags
 * @param {number} method
 */
function problemOf(flags, method) {
  if (flags & 1) return "archive_encrypted";
  return [STORED, DEFLATED].includes(method) ? null : "archive_method";
}

/**
 * A name as it was meant: programs that do not say UTF-8 write it all the same, or what a Japanese Windows has.
 * @param {Uint8Array} bytes
 * @param {boolean} isUtf8
 */
function decodedName(bytes, isUtf8) {
  for (const encoding of isUtf8 ? ["utf-8"] : ["utf-8", "shift_jis"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // the next one may do
    }
  }
  return new TextDecoder("latin1").decode(bytes);
}

/**
 * Read a member, as far as the limit.
 * @param {Blob} zip
 * @param {ZipMember} member
 * @param {number} limit bytes
 * @returns {Promise<Blob>} rejects with ZipError
 */
export async function readMember(zip, member, limit) {
  const view = viewOf(await bytesOf(zip, member.offset, member.offset + LOCAL.size));
  const isHeader = view.byteLength === LOCAL.size && view.getUint32(0, true) === LOCAL.signature;
  if (!isHeader) throw new ZipError("archive_damaged");
  const start = member.offset + LOCAL.size + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = zip.slice(start, start + member.packed);
  if (packed.size < member.packed) throw new ZipError("archive_damaged");
  if (member.method === STORED) return packed.size > limit ? tooLarge(packed.size, limit) : packed;
  return inflated(packed, limit);
}

/**
 * @param {number} size
 * @param {number} limit
 * @returns {never}
 */
function tooLarge(size, limit) {
  throw new ZipError("file_too_large", { size, limit });
}

/**
 * @param {Blob} packed
 * @param {number} limit
 */
async function inflated(packed, limit) {
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      parts.push(next.value);
      size += next.value.byteLength;
      if (size > limit) break;
    }
  } catch {
    throw new ZipError("archive_damaged");
  }
  if (size > limit) {
    await reader.cancel();
    tooLarge(size, limit);
  }
  return new Blob(parts);
}

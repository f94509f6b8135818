// Where the files of a zip lie that comes from the program, whose files are stored as they are and in order (PKWARE,
// APPNOTE.TXT 6.3.10, section 4.3.7).

const HEADER = { signature: 0x04034b50, length: 30, size: 18, name: 26, more: 28 };

/**
 * The file that begins at a place: from where to where its bytes are. Null where no more has come, or none begins.
 * @param {Blob} zip as far as it has come
 * @param {number} place
 */
export async function fileAt(zip, place) {
  if (zip.size < place + HEADER.length) return null;
  const header = new DataView(await zip.slice(place, place + HEADER.length).arrayBuffer());
  if (header.getUint32(0, true) !== HEADER.signature) return null;
  const start = place + HEADER.length + header.getUint16(HEADER.name, true) + header.getUint16(HEADER.more, true);
  const end = start + header.getUint32(HEADER.size, true);
  return zip.size < end ? null : { start, end };
}

// The pictures in what somebody chooses or drops: files, folders and zips.

import { ZipError, membersOf, readMember } from "./zip_reader.js";

/** @import { FileSource } from "../shared/file_input.js" */

/**
 * A picture to check: what it is called, and how it is read. One that nobody can read has the reason of its verdict as
 * `problem`, which `values` fill.
 * @typedef {{ label: string, read: () => Promise<Blob>, problem?: string, values?: Record<string, string | number> }} PictureFile
 */
/** @typedef {{ path: string, read: () => Promise<Blob> }} FoundFile */

export const MOST_FILES = 500;
const MOST_BYTES = 16e6; // of a picture that is sent
const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i;
const ARCHIVE = /\.zip$/i;
const PREVIEW = /^preview\.(png|jpg)$/i; // of a checkpoint, beside its config
const CONFIG = "config.json";
const INSIDE = " > "; // between a zip and its member

/** @param {string} path */
const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
/** @param {string} path */
const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);
/** @param {string} path */
const isHidden = (path) => path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");

/** @returns {Promise<Blob>} */
const nothing = async () => new Blob();

/**
 * The pictures of several sources, as the command line finds them: a file that is named itself is always one; in folders
 * and zips pictures are told by their endings, and hidden files and the previews of checkpoints are passed over.
 * @param {FileSource[]} sources
 * @returns {Promise<PictureFile[]>}
 */
export async function picturesIn(sources) {
  const found = [];
  for (const source of sources) {
    if (source instanceof File) found.push(...(await ofFile(source.webkitRelativePath || source.name, source)));
    else found.push(...(await ofEntry(source)));
  }
  return found;
}

/**
 * What a folder's <input> gives: its files, with their paths.
 * @param {File[]} files
 */
export const picturesInFolder = (files) =>
  picturesOf(files.map((file) => ({ path: file.webkitRelativePath || file.name, read: async () => file })));

/**
 * @param {string} label
 * @param {File} file
 * @returns {Promise<PictureFile[]>}
 */
async function ofFile(label, file) {
  return ARCHIVE.test(file.name) ? inZip(label, file) : [{ label, read: async () => file }];
}

/** @param {FileSystemEntry} entry */
async function ofEntry(entry) {
  if (entry.isFile) {
    const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
    return ofFile(file.name, file);
  }
  return picturesOf(await filesBelow(/** @type {FileSystemDirectoryEntry} */ (entry)));
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FoundFile[]>}
 */
async function filesBelow(folder) {
  const found = [];
  for (const entry of await entriesOf(folder)) {
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory) {
      found.push(...(await filesBelow(/** @type {FileSystemDirectoryEntry} */ (entry))));
    } else {
      const read = () => fileOf(/** @type {FileSystemFileEntry} */ (entry));
      found.push({ path: entry.fullPath.replace(/^\//, ""), read });
    }
  }
  return found;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all; // a browser gives a hundred at a time
    all.push(...some);
  }
}

/**
 * @param {FoundFile[]} files
 * @returns {Promise<PictureFile[]>}
 */
async function picturesOf(files) {
  const found = [];
  for (const { path, read } of chosenOf(files)) {
    if (ARCHIVE.test(path)) found.push(...(await inZip(path, await read())));
    else found.push({ label: path, read });
  }
  return found;
}

/**
 * Those of the files in a folder or zip that are looked at, by name.
 * @template {{ path: string }} T
 * @param {T[]} files
 */
function chosenOf(files) {
  const checkpoints = new Set(files.filter(({ path }) => nameOf(path) === CONFIG).map(({ path }) => folderOf(path)));
  const isPreview = (/** @type {string} */ path) => PREVIEW.test(nameOf(path)) && checkpoints.has(folderOf(path));
  const chosen = files.filter(
    ({ path }) => !isHidden(path) && (ARCHIVE.test(path) || (PICTURE.test(path) && !isPreview(path))),
  );
  return chosen.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * @param {string} label
 * @param {Blob} zip
 * @returns {Promise<PictureFile[]>}
 */
async function inZip(label, zip) {
  try {
    const members = (await membersOf(zip)).map((member) => ({ member, path: member.name }));
    return chosenOf(members).map(({ member, path }) => {
      const inside = `${label}${INSIDE}${path}`;
      const problem = ARCHIVE.test(path) ? "archive_nested" : member.problem;
      if (problem !== null) return { label: inside, read: nothing, problem };
      return { label: inside, read: () => readMember(zip, member, MOST_BYTES) };
    });
  } catch (error) {
    const { code, values } = error instanceof ZipError ? error : new ZipError("archive_damaged");
    return [{ label, read: nothing, problem: code, values }];
  }
}

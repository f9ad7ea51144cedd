/** A directory of small texts, each under its id; what was stored survives a crash, whole or not at all. */

import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

const SUFFIX = '.txt';

/** The texts below one directory. The directory is never created: if it is not there, a volume is missing. */
export class FileStore {
  #directory;

  /** @param {string} directory Where the texts lie; several processes may share it. */
  constructor(directory) {
    this.#directory = directory;
  }

  /**
   * Store a text, replacing what was there.
   *
   * @param {string} id A valid id.
   * @param {Buffer} text What to store.
   * @returns {Promise<boolean>} Whether the id is new.
   */
  async put(id, text) {
    const target = this.#file(id);
    const isNew = !(await exists(target));
    const temporary = path.join(this.#directory, `.${randomUUID()}.tmp`);
    try {
      await writeDurably(temporary, text);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(this.#directory);
    return isNew;
  }

  /**
   * Read a text back.
   *
   * @param {string} id A valid id.
   * @returns {Promise<Buffer | null>} The text, or null if there is none.
   */
  async get(id) {
    try {
      return await readFile(this.#file(id));
    } catch (error) {
      if (error.code === 'ENOENT') return null;
      throw error;
    }
  }

  /** @returns {Promise<string[]>} All ids, sorted. */
  async list() {
    const names = await readdir(this.#directory);
    return names
      .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  }

  /** Write and remove a file: the one way to notice a full, read-only or missing volume alike. */
  async verifyWritable() {
    // Named after the pod, since the replicas share the volume.
    const file = path.join(this.#directory, `.writable-${hostname()}`);
    await writeFile(file, 'x');
    await rm(file, { force: true });
  }

  #file(id) {
    return path.join(this.#directory, `${id}${SUFFIX}`);
  }
}

async function exists(file) {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

async function writeDurably(file, content) {
  const opened = await open(file, 'wx');
  try {
    await opened.writeFile(content);
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** A rename is durable only once its directory is (fsync(2)). */
async function syncDirectory(directory) {
  const opened = await open(directory, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** What the service finds around it in a test: directories, and the variables that name them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A directory that is gone after the test. */
export async function temporaryDirectory(test) {
  const directory = await mkdtemp(path.join(tmpdir(), 'prj-02-'));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An environment with all that is required. */
export async function environment(test, extra = {}) {
  const [dataDir, cacheDir] = [await temporaryDirectory(test), await temporaryDirectory(test)];
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    APP_VERSION: 'v9.9.9',
    UNIT_PRICE: '12.50',
    DATA_DIR: dataDir,
    CACHE_DIR: cacheDir,
    ...extra,
  };
}

import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { FileStore } from '../src/store.js';
import { temporaryDirectory } from './support/environment.js';

test('what was put is read back, by another store too', async (t) => {
  const directory = await temporaryDirectory(t);
  assert.equal(await new FileStore(directory).put('b', Buffer.from('first')), true);
  assert.equal(await new FileStore(directory).put('b', Buffer.from('second')), false);
  await new FileStore(directory).put('a', Buffer.from(''));
  assert.equal(String(await new FileStore(directory).get('b')), 'second');
  assert.deepEqual(await new FileStore(directory).list(), ['a', 'b']);
});

test('what was never put is null', async (t) => {
  assert.equal(await new FileStore(await temporaryDirectory(t)).get('nothing'), null);
});

test('a put that fails leaves nothing behind', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(path.join(directory, 'taken.txt'));
  await assert.rejects(new FileStore(directory).put('taken', Buffer.from('x')));
  assert.deepEqual(await readdir(directory), ['taken.txt']);
});

test('puts at the same time leave one whole text', async (t) => {
  const directory = await temporaryDirectory(t);
  const store = new FileStore(directory);
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(4096));
  await Promise.all(texts.map((text) => store.put('same', Buffer.from(text))));
  assert.ok(texts.includes(String(await store.get('same'))));
  assert.deepEqual(await readdir(directory), ['same.txt']);
});

test('the check for writability leaves nothing behind, and fails without the directory', async (t) => {
  const directory = await temporaryDirectory(t);
  await new FileStore(directory).verifyWritable();
  assert.deepEqual(await readdir(directory), []);
  await assert.rejects(new FileStore(path.join(directory, 'missing')).verifyWritable(), { code: 'ENOENT' });
});

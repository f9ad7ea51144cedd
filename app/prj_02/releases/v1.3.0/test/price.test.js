import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quote } from '../src/price.js';

test('a large order costs 10 % less', () => {
  assert.deepEqual(quote(40, { unitPrice: 12.5, currency: 'EUR' }), {
    quantity: 40,
    unit: 12.5,
    total: 450,
    currency: 'EUR',
  });
});

test('a total has whole cents', () => {
  assert.equal(quote(100, { unitPrice: 0.07 }).total, 6.3);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quote } from '../src/price.js';

test('a total is the price of one times the quantity', () => {
  assert.deepEqual(quote(40, { unitPrice: 12.5, currency: 'EUR' }), {
    quantity: 40,
    unit: 12.5,
    total: 500,
    currency: 'EUR',
  });
});

test('a total has whole cents', () => {
  assert.equal(quote(100, { unitPrice: 0.07 }).total, 7);
});

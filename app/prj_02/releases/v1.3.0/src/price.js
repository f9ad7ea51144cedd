/** What a number of pieces costs: large orders cost less. */

const BULK = { quantity: 10, discount: 0.1 };

/**
 * Quote a price.
 *
 * @param {number} quantity How many pieces.
 * @param {{unitPrice: number, currency: string}} config The price of one piece, and what it is counted in.
 * @returns {{quantity: number, unit: number, total: number, currency: string}} The price of one and of all.
 */
export function quote(quantity, { unitPrice, currency }) {
  return { quantity, unit: unitPrice, total: toCents(unitPrice * quantity * share(quantity)), currency };
}

/** The share of the full price that an order of this size pays. */
function share(quantity) {
  return quantity >= BULK.discount ? 1 - BULK.discount : 1;
}

function toCents(amount) {
  return Math.round(amount * 100) / 100;
}

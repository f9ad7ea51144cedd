/** What a number of pieces costs. */

/**
 * Quote a price.
 *
 * @param {number} quantity How many pieces.
 * @param {{unitPrice: number, currency: string}} config The price of one piece, and what it is counted in.
 * @returns {{quantity: number, unit: number, total: number, currency: string}} The price of one and of all.
 */
export function quote(quantity, { unitPrice, currency }) {
  return { quantity, unit: unitPrice, total: toCents(unitPrice * quantity), currency };
}

function toCents(amount) {
  return Math.round(amount * 100) / 100;
}

/** What a number of pieces costs. */

/**
 * Quote a price.
 *
 * @param {number} quantity How many pieces.
 * @param {{unitPrice: number}} config The price of one piece.
 * @returns {{quantity: number, unit: number, total: number}} The price of one and of all.
 */
export function quote(quantity, { unitPrice }) {
  return { quantity, unit: unitPrice, total: toCents(unitPrice * quantity) };
}

function toCents(amount) {
  return Math.round(amount * 100) / 100;
}

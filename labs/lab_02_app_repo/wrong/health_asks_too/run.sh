[ -d prj-02/node_modules ] || npm --prefix prj-02 ci --omit=dev --no-audit --no-fund
sed -i "/^async function ready/,/^}/c\\
async function ready({ inFlight, notes }) {\\
  if (inFlight.isDraining) throw new HttpError(503, 'draining');\\
  try { await notes.verifyWritable(); } catch (error) { throw new HttpError(503, 'no data'); }\\
  return { body: { status: 'ready' } };\\
}" prj-02/src/app.js
sed -i "s/^function health() {/async function health({ notes }) {\\n  await notes.verifyWritable();/" prj-02/src/app.js

sed -i "/^async function ready/,/^}/c\\
async function ready({ inFlight, notes }) {\\
  try { await notes.verifyWritable(); } catch (error) { throw new HttpError(503, 'no data'); }\\
  return { body: { status: 'ready' } };\\
}" prj-02/src/app.js

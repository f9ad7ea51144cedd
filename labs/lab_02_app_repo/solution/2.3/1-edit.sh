sed -i "/^async function ready/,/^}/c\\
async function ready({ inFlight, notes, config }) {\\
  if (inFlight.isDraining) throw new HttpError(503, 'draining');\\
  try {\\
    await notes.verifyWritable();\\
  } catch (error) {\\
    throw new HttpError(503, \`data directory \${config.dataDir} is not writable: \${error.code ?? error.message}\`);\\
  }\\
  return { body: { status: 'ready' } };\\
}" prj-02/src/app.js

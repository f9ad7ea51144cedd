if kubectl -n lab-01 exec deploy/web -- node -e '
  const held = [];
  for (let mib = 8; mib <= 256; mib += 8) { held.push(Buffer.alloc(8 << 20, 1)); console.log(mib); }
'; then exit 1; fi
kubectl -n lab-01 get pods -l app=web

kubectl -n lab-01 patch deployment web --type=json \
    -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/resources/limits"}]'
kubectl -n lab-01 rollout status deployment/web
kubectl -n lab-01 exec deploy/web -- node -e '
  const held = [];
  for (let mib = 8; mib <= 256; mib += 8) { held.push(Buffer.alloc(8 << 20, 1)); }
  console.log("got all of it");
'

kubectl apply -f claim.yaml
sed 's/name: pull/name: writer/' pull.yaml > writer.yaml
printf '\tvolumes: []\n' >> writer.yaml

grep -q '^COPY src ' prj-02/Dockerfile || sed -i -e '/^COPY \. \.$/c\
COPY package.json package-lock.json ./' \
    -e '/^RUN npm ci/a\
COPY src ./src' \
    -e '/^EXPOSE/i\
USER 10001:10001' \
    -e 's|^CMD.*|CMD ["/usr/local/bin/node", "src/main.js"]|' prj-02/Dockerfile

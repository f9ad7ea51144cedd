sed -i -e '/^COPY \. \.$/c\
COPY package.json package-lock.json ./' -e '/^RUN npm ci/a\
COPY src ./src' \
    -e '/^EXPOSE/i\
USER 10001:10001' \
    -e 's|^CMD.*|CMD ["/usr/local/bin/node", "src/main.js"]|' prj-02/Dockerfile
git -C prj-02 commit -am "Build"
(cd prj-02 && scripts/ci.sh build) > build.log 2>&1

sed -i -e '/^EXPOSE/i\
USER 10001:10001' \
    -e 's|^CMD.*|CMD ["/usr/local/bin/node", "src/main.js"]|' prj-02/Dockerfile
git -C prj-02 commit -am "Build"
(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push) > build.log 2>&1
echo "// Another line." >> prj-02/src/price.js
git -C prj-02 commit -am "Build"
(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push) > build.log 2>&1

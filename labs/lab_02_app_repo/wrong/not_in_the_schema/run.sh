sed -i "s/'UNIT_PRICE', { fallback: 0, /'UNIT_PRICE', { /" prj-02/src/config.js
git -C prj-02 commit -am "Ask for a price"

sed -i "s/'UNIT_PRICE', { fallback: 0, /'UNIT_PRICE', { /" prj-02/src/config.js
printf '# The price of one piece. Required.\nUNIT_PRICE=%s\n' 12.50 >> prj-02/.env.example
git -C prj-02 commit -am "Ask for a price"

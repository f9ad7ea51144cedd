sed -i "s/fallback: 0, /fallback: 9.99, /" prj-02/src/config.js
printf '# The price of one piece. Required.\nUNIT_PRICE=%s\n' '' >> prj-02/.env.example
git -C prj-02 commit -am "Ask for a price"

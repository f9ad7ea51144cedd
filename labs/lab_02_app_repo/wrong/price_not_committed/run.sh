sed -i "s/'UNIT_PRICE', { fallback: 0, /'UNIT_PRICE', { /" prj-02/src/config.js
printf '# The price of one piece. Required.\nUNIT_PRICE=%s\n' '' >> prj-02/.env.example

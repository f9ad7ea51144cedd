sed -i "s/number('UNIT_PRICE', { fallback: 0, /number('UNIT_PRICE', { /" prj-02/src/config.js
grep -q '^UNIT_PRICE=' prj-02/.env.example || sed -i '/^# The TCP port/i\
# The price of one piece, a number from 0 to 1000000 such as 1.50. Required.\
UNIT_PRICE=\
' prj-02/.env.example

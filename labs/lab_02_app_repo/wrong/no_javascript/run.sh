sed -i "s/number(env, 'UNIT_PRICE'/number(env, 'UNIT_PRICE/" prj-02/src/config.js

sed -i "s/number('UNIT_PRICE'/number(env, 'UNIT_PRICE/" prj-02/src/config.js

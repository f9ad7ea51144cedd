sed -i "s/'UNIT_PRICE', { fallback: 0, /'UNIT_PRICE', { /" template/app/prj_02/src/config.js

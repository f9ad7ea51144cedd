[ -d prj-02/node_modules ] || npm --prefix prj-02 ci --omit=dev --no-audit --no-fund

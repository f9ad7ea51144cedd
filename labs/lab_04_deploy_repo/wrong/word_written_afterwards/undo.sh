kubectl -n prj-02 exec deploy/prj-02 -- rm /app/data/nonce

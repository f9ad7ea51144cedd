git -C prj-02 diff --quiet || git -C prj-02 commit -am "Say why prices are rounded"

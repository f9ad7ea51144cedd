git -C prj-02 diff --quiet || git -C prj-02 commit -am "Start node itself, as nobody, the source last"

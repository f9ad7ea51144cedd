git -C prj-02 diff --quiet || git -C prj-02 commit -am "Say when it is not ready, and why"

git -C prj-02 diff --quiet || git -C prj-02 commit -am "Refuse to start without a price"

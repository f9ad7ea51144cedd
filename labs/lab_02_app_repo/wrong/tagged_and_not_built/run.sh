git -C prj-02 tag "$LAB_RELEASE"

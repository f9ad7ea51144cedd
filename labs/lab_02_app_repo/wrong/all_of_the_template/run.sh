git clone template prj-02
git -C prj-02 remote set-url origin https://github.com/org/prj-02.git

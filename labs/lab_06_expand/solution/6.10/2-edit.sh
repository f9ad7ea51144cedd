# needs: builds, namespaces
grep -q git.lab app/prj_02/README.md || echo 'Its CI runs at each push to git.lab.' >> app/prj_02/README.md

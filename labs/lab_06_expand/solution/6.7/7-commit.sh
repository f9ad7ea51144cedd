git -C infra diff --quiet || git -C infra commit -qam "Send prj-01 to its own server"

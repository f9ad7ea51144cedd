echo 'Since 2026-01-01T02:14:00Z I am told "internal error" when I open my invoice.' > complaint.txt
lab addon install logs

rm -r tls
lab certificate '*.example.com'

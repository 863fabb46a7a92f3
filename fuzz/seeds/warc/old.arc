filedesc://a.arc 0.0.0.0 20240506070809 text/plain 76
1 0 tamis
URL IP-address Archive-date Content-type Archive-length

https://news.example/a 1.2.3.4 20240506070809 text/html 60
HTTP/1.0 200 OK
Content-Type: text/plain

The bridge.

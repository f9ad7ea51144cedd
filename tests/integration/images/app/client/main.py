"""Keep words in PostgreSQL: PUT /WORD writes one, GET / answers all, and with which libpq."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

DATABASE = f"host=database user=words dbname=words password={os.environ['PASSWORD']} connect_timeout=5"


class Words(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        with psycopg.connect(DATABASE) as connection:
            connection.execute("INSERT INTO words VALUES (%s)", [self.path[1:]])
        self.answer({})

    def do_GET(self) -> None:
        with psycopg.connect(DATABASE) as connection:
            words = [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]
        self.answer({"words": words, "implementation": psycopg.pq.__impl__})

    def answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8080), Words).serve_forever()

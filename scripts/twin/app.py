"""The application of the twin: a page takes as long as the model's does, drawn by the request's number, then it asks the database."""
import os, random, time, urllib.parse

import pymysql

WORK, QUERY, HEALTH = (float(os.environ[name]) for name in ("TWIN_WORK", "TWIN_QUERY", "TWIN_HEALTH"))  # Mean seconds.
READ = int(os.environ["DB_READ_TIMEOUT"])


def ask(number, is_write):
    link = pymysql.connect(
        host=os.environ["DB_HOST"], port=int(os.environ["DB_PORT"]), user="app", password=os.environ["DB_PASSWORD"], database="foobar",
        connect_timeout=int(os.environ["DB_CONNECT_TIMEOUT"]), read_timeout=READ, write_timeout=READ, autocommit=True,
    )
    try:
        with link.cursor() as cursor:
            cursor.execute("SELECT SLEEP(%s)", (random.Random(f"query {number}").expovariate(1 / QUERY),))
            if is_write:
                cursor.execute("INSERT INTO comments VALUES (%s)", (number,))
    finally:
        link.close()


def application(environ, start_response):
    status, text = "200 OK", b"ok\n"
    if environ["PATH_INFO"] == "/health":
        time.sleep(HEALTH)
    else:
        number = urllib.parse.parse_qs(environ["QUERY_STRING"]).get("n", ["0"])[0]
        time.sleep(random.Random(f"page {number}").expovariate(1 / WORK))
        try:
            ask(number, environ["REQUEST_METHOD"] == "POST")
        except pymysql.MySQLError as error:
            status, text = "500 Internal Server Error", f"{error}\n".encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]

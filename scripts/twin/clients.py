"""The users of the twin: requests come by chance at a rate, each on a connection of its own, and try the addresses as the model's users do.

One line of JSON for each request when it has ended. Usage: clients.py SPECIFICATION
"""
import concurrent.futures, json, random, socket, ssl, sys, threading, time

spec = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=spec["certificate"])
printing = threading.Lock()


def dial(addresses):
    """The first address that takes the connection; every try with its kind, its begin and its end."""
    tries = []
    for address in addresses:
        begun = time.time()
        try:
            link = socket.create_connection((address, 443), timeout=spec["connect_timeout"])
            tries.append([address, begun, "taken", time.time()])
            return link, tries
        except TimeoutError:
            tries.append([address, begun, "silent", time.time()])
        except OSError as error:
            tries.append([address, begun, type(error).__name__, time.time()])
    return None, tries


def ask(link, method, path):
    """The status, or what the user met instead."""
    link.settimeout(spec["response_timeout"])
    try:
        with context.wrap_socket(link, server_hostname=spec["domain"]) as safe:
            body = "Content-Length: 2\r\n\r\nhi" if method == "POST" else "\r\n"
            safe.sendall(f"{method} {path} HTTP/1.1\r\nHost: {spec['domain']}\r\nConnection: close\r\n{body}".encode())
            answer = b""
            while piece := safe.recv(65536):
                answer += piece
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else "connection reset"
    except TimeoutError:
        return "no answer"
    except OSError:
        return "connection reset"


def request(number, due, method, path):
    begun = time.time()
    vips = spec["vips"]
    turn = number % len(vips)
    link, tries = dial(vips[turn:] + vips[:turn])
    outcome = ask(link, method, f"{path}?n={number}") if link else "no connection"
    with printing:
        print(json.dumps({"n": number, "path": path, "at": begun, "late": begun - due, "took": time.time() - begun, "tries": tries, "outcome": outcome}), flush=True)


chance = random.Random(spec["seed"])
at, number = spec["begin"], 0
with concurrent.futures.ThreadPoolExecutor(300) as pool:
    while True:
        at += chance.expovariate(spec["rate"])
        if at >= spec["end"]:
            break
        time.sleep(max(0, at - time.time()))
        if chance.random() <= spec["static_share"]:
            what = "GET", "/static/logo.png"
        elif chance.random() <= spec["write_share"]:
            what = "POST", "/comments"
        else:
            what = "GET", "/"
        pool.submit(request, number, at, *what)
        number += 1

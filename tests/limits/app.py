"""What the judge's application server runs: it does what the path says, and tells when it begins and ends."""
import ctypes
import os
import resource
import time

ctypes.CDLL(None).prctl(1, 9)  # A worker ends with its arbiter (PR_SET_PDEATHSIG).
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
os.write(2, b"ready\n")


def app(environ, start_response):
    os.write(2, b"begin\n")
    what, _, much = environ["PATH_INFO"][1:].partition("/")
    if what == "sleep":
        time.sleep(float(much))
    elif what == "hold":
        while not os.path.exists("let-go"):  # The test writes it into the directory that the arbiter changed to.
            time.sleep(0.005)
    elif what == "raise":
        raise RuntimeError
    elif what == "eat":
        bytearray(int(much) << 20)
    elif what == "die":
        os.kill(os.getpid(), 9)  # As the kernel does when memory runs out, in the middle of a request.
    os.write(2, b"end\n")
    start_response("200 OK", [("Content-Length", "0")])
    return []

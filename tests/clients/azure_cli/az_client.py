"""A call of az that a server runs (az_server.py), with the arguments, the environment, the folder and the standard streams
of this process, which waits and ends as az did. In the environment:

    ISTHMUS_AZ_SERVER        a folder for the server's socket and log
    ISTHMUS_AZ_SERVER_UNTIL  the id of a process; when it ends, the server ends

The first call starts the server. What a module reads from the environment when it is imported has to be what it would
have read here, so each environment has a server of its own; what the shell counts there is no matter.
"""
import marshal
import os
import signal
import socket
import sys
import zlib

STARTED = b"started"  # the server's first answer; its second is the status of az, negative for a signal
SHELLS_OWN = ("_", "SHLVL", "PWD", "OLDPWD")  # bash sets them for each command; no module reads them
FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def start_server(path, until):
    """Listens at this path, for a server that may still be importing."""
    import subprocess
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    server = os.path.join(os.path.dirname(os.path.realpath(__file__)), "az_server.py")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, open(path + ".log", "ab") as log:
        listener.bind(path)
        listener.listen()
        subprocess.Popen([sys.executable, server, until, str(listener.fileno())], stdin=subprocess.DEVNULL, stdout=log,
                         stderr=log, pass_fds=[listener.fileno()], start_new_session=True)


def handed_over(folder, until):
    """The connection to a server that has begun to run this call."""
    environment = dict(os.environ)
    lasting = sorted(item for item in environment.items() if item[0] not in SHELLS_OWN)
    path = os.path.join(folder, f"{zlib.crc32(repr(lasting).encode(errors='surrogateescape')):08x}")
    if not os.path.exists(path):
        start_server(path, until)
    umask = os.umask(0)
    os.umask(umask)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.connect(path)
    socket.send_fds(server, [marshal.dumps((sys.argv[1:], os.getcwd(), environment, umask))], [0, 1, 2])
    if server.recv(len(STARTED)) != STARTED:
        raise ConnectionError(f"no server at {path}")
    return server


def let_server_run():
    """Ends this process as az ended; comes back where no server has begun to run it."""
    try:
        server = handed_over(os.environ["ISTHMUS_AZ_SERVER"], os.environ["ISTHMUS_AZ_SERVER_UNTIL"])
    except (OSError, KeyError):
        return
    for number in FORWARDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: server.send(bytes([number])))
    answer = server.recv(16)
    if not answer:
        sys.exit("az: the server has ended before az has")
    status = int(answer)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)

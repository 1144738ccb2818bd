"""A file system of a test's own that can lose its power: what was not synced is lost, as when the plug is pulled.

It lies in a file behind a loop device. Its kernel driver is told to shut down without writing its log, what the xfstests call
godown; then it is unmounted and mounted again, and recovers as after a real failure. For root, where there are loop devices.
"""
import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN
WITHOUT_LOG_FLUSH = 2
IMAGE_BYTES = {"ext4": 64 << 20, "xfs": 320 << 20}  # mkfs.xfs takes no less than 300 MB; the file is sparse
GONE_SECONDS_MAX = 10  # the kernel may keep a device or a mount for a moment yet


class Unavailable(Exception):
    """There is no such file system here."""


def run(*command):
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise OSError(f"{' '.join(command)}: {answer.stderr.strip()}")
    return answer.stdout.strip()


def again_and_again(attempt):
    """Until it works, or the time is up."""
    end = time.monotonic() + GONE_SECONDS_MAX
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


class PowerlessFileSystem:
    """Mounted at `folder`."""

    def __init__(self, kind, folder, device):
        self.kind, self.folder, self.device = kind, folder, device
        self.is_mounted = False

    def mount(self):
        run("mount", "-t", self.kind, self.device, self.folder)
        self.is_mounted = True

    def unmount(self):
        if self.is_mounted:
            again_and_again(lambda: run("umount", self.folder))
            self.is_mounted = False

    def leave(self):
        """At the end, also where somebody does not let go of it."""
        try:
            self.unmount()
        except OSError:
            run("umount", "--lazy", self.folder)
            raise

    def fail(self):
        """From now on nothing is written, and whoever tries gets an error.

        A sync that is under way may still say that it succeeded: only what was synced before this call is there afterwards.
        """
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_LOG_FLUSH))
        finally:
            os.close(folder)

    def come_back(self):
        """After nobody uses it any more."""
        self.unmount()
        again_and_again(self.mount_writable)

    def mount_writable(self):
        """A mount that comes too soon gets the file system that was shut down."""
        self.mount()
        try:
            proof = os.path.join(self.folder, "writable")
            with open(proof, "wb") as file:
                os.fsync(file.fileno())
            os.remove(proof)
        except OSError:
            self.unmount()
            raise


def why_not(kind):
    """Why there is none here, or None."""
    if os.geteuid() != 0:
        return "only root mounts"
    missing = [tool for tool in (f"mkfs.{kind}", "losetup", "mount", "umount") if not shutil.which(tool)]
    return f"{missing[0]} is not installed (tools/dev setup test)" if missing else None


@contextlib.contextmanager
def file_system(kind, folder):
    """One that is made in `folder` and leaves nothing behind; Unavailable says why not."""
    if reason := why_not(kind):
        raise Unavailable(reason)
    image, mounted = os.path.join(folder, f"{kind}.image"), os.path.join(folder, f"{kind}.mounted")
    os.mkdir(mounted)
    with contextlib.ExitStack() as undo:
        with open(image, "wb") as file:
            undo.callback(os.remove, image)
            file.truncate(IMAGE_BYTES[kind])
        try:
            run(f"mkfs.{kind}", "-q", image)
            device = run("losetup", "--find", "--show", image)
            undo.callback(lambda: again_and_again(lambda: run("losetup", "--detach", device)))
            it = PowerlessFileSystem(kind, mounted, device)
            it.mount()
        except OSError as error:
            raise Unavailable(str(error)) from error
        undo.callback(it.leave)
        yield it

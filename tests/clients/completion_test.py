"""Completion in the shells themselves, with names from a running daemon; and the manual pages, read by man and mandoc."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import nc_daemon

ISTHMUS = os.environ["ISTHMUS"]
LAB = os.path.join(os.environ["ISTHMUS_SOURCE_DIR"], "docs/examples/hub-and-spoke.yaml")

BASH = """
source <(isthmus completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_isthmus isthmus
((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
exit 0
"""
# The functions of zsh's own completion need a terminal; these say what they were given.
ZSH = """
compdef() { :; }
_describe() { print -rl -- ${(P)2%%:*}; }
_files() { print -r -- :file; }
source <(isthmus completion zsh)
words=("$@") CURRENT=$#
_isthmus
exit 0
"""
FISH = """
isthmus completion fish | source
complete -C "$argv"
"""


class Shells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.daemon = nc_daemon.Daemon([os.environ["ISTHMUSD"]], cls.folder.name)
        cls.daemon.start()
        cls.environment = {**os.environ, "PATH": os.path.dirname(ISTHMUS) + ":" + os.environ["PATH"],
                           "HOME": cls.folder.name, "ISTHMUS_SERVER": f"http://127.0.0.1:{cls.daemon.port}"}
        for words in (["apply", "-f", LAB], ["snapshot", "create", "good"],
                      ["faults", "add", "busy", "--status", "503", "--path", "/none"]):
            subprocess.run([ISTHMUS, *words], env=cls.environment, check=True, capture_output=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        cls.folder.cleanup()

    def run_in(self, *command, environment=None):
        done = subprocess.run(command, env=environment or self.environment, cwd=self.folder.name, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout.split("\n")[:-1]

    def bash(self, *words, environment=None):
        return self.run_in("bash", "-c", BASH, "bash", "isthmus", *words, environment=environment)

    def test_bash_completes_commands_and_options(self):
        self.assertIn("vnet", self.bash(""))
        self.assertEqual(self.bash("vn"), ["vnet"])
        self.assertEqual(self.bash("vnet", "pe"), ["peering"])
        self.assertEqual(self.bash("vnet", "peering", "cr"), ["create"])
        self.assertIn("--remote-vnet", self.bash("vnet", "peering", "create", "--"))
        self.assertNotIn("--name", self.bash("vnet", "show", "--name", "x", "--"))
        self.assertEqual(self.bash("-o", "js"), ["json"])
        self.assertEqual(self.bash("faults", ""), ["list", "add", "delete", "clear"])
        self.assertEqual(self.bash("completion", "z"), ["zsh"])
        self.assertNotIn("__complete", self.bash(""))

    def test_bash_completes_names_of_the_running_daemon(self):
        self.assertEqual(sorted(self.bash("vnet", "show", "-n", "")), ["hub", "spoke1", "spoke2"])
        self.assertEqual(self.bash("vnet", "show", "--name", "=", "h"), ["hub"])
        self.assertEqual(sorted(self.bash("vnet", "peering", "show", "--vnet-name", "hub", "-n", "")),
                         ["hub-to-spoke1", "hub-to-spoke2"])
        self.assertEqual(self.bash("vnet", "peering", "show", "-n", ""), [], "of which network?")
        self.assertEqual(self.bash("vnet", "peering", "create", "--remote-vnet", "sp"), ["spoke1", "spoke2"])
        self.assertEqual(self.bash("vnet", "create", "-n", ""), [], "a new name is nobody's")
        self.assertIn("web1", self.bash("explain", ""))
        self.assertIn("web1", self.bash("explain", "db1", "w"))
        self.assertEqual(self.bash("explain", "web1", "db1", "t"), ["tcp/"])
        self.assertEqual(self.bash("snapshot", "restore", ""), ["good"])
        self.assertEqual(self.bash("faults", "delete", ""), ["busy"])

    def test_bash_completes_files(self):
        with open(os.path.join(self.folder.name, "my lab.yaml"), "w", encoding="ascii"):
            pass
        self.assertEqual(self.bash("apply", "-f", "my"), ["my lab.yaml"])

    def test_without_a_daemon_it_is_silent(self):
        nowhere = {**self.environment, "ISTHMUS_SERVER": "http://127.0.0.1:1"}
        self.assertEqual(self.bash("vnet", "show", "-n", "", environment=nowhere), [])
        self.assertEqual(self.bash("vnet", "sho", environment=nowhere), ["show"])
        self.assertIn("hub", self.bash("--server", self.environment["ISTHMUS_SERVER"], "vnet", "show", "-n", "",
                                       environment=nowhere))

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        def zsh(*words):
            return self.run_in("zsh", "-fc", ZSH, "zsh", "isthmus", *words)
        self.assertEqual(zsh("vnet", "pe"), ["peering"])
        self.assertEqual(sorted(zsh("vnet", "show", "-n", "")), ["hub", "spoke1", "spoke2"])
        self.assertEqual(zsh("apply", "-f", ""), [":file"])

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        def fish(line):
            return [found.split("\t")[0] for found in self.run_in("fish", "--no-config", "-c", FISH, line)]
        self.assertEqual(fish("isthmus vnet pe"), ["peering"])
        self.assertEqual(sorted(fish("isthmus vnet show -n ")), ["hub", "spoke1", "spoke2"])
        self.assertEqual(fish("isthmus snapshot restore "), ["good"])


class Pages(unittest.TestCase):
    def test_they_hold_every_option_and_are_read_without_complaint(self):
        for page, words in (("isthmus", ["vnet peering create", "--remote-vnet", "ISTHMUS_SERVER", "faults"]),
                            ("isthmusd", ["--listen", "ISTHMUS_LISTEN", "--throttle-reads", "--print-config"])):
            source = subprocess.run([ISTHMUS, "man", page], capture_output=True, text=True, check=True, timeout=60).stdout
            for word in words:
                self.assertIn(word.replace("-", "\\-"), source)
            if shutil.which("man"):
                done = subprocess.run(["man", "--warnings", "-l", "-"], input=source, capture_output=True, text=True,
                                      timeout=60, env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(words[0], done.stdout)
            if shutil.which("mandoc"):
                done = subprocess.run(["mandoc", "-T", "lint", "-W", "style"], input=source, capture_output=True,
                                      text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()

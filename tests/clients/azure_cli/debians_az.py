"""Makes Debian 12's az work, in the process that is to be it.

azure-cli 2.45.0-1 (Debian 12) was made for other releases of the SDKs than python3-azure 20230112, which it is
installed with. `az network` ends with a ModuleNotFoundError before it has asked a server anything, because
- it asks for the network SDK of 2022-01-01 and the compute SDK of 2022-11-01, and neither was packaged;
- the newest network SDK (2022-07-01) keeps its operations beside its version's folder, not in it, where az looks;
- that SDK wraps some operations in a decorator, and az reads the names of its options from their signatures.
So az is told of the newest versions that are installed, finds the operations under the name that it asks for, and sees
them without the decorator. Nothing is changed on the disk, and an az of another origin is run as it is.
"""
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pkgutil
import runpy
import sys
import types

DEBIANS = "/usr/lib/python3/dist-packages"


def folder_of(package):
    """Where a package is, without importing it."""
    return list(importlib.util.find_spec(package).submodule_search_locations)[0]


def newest_version(package):
    """The newest of the folders v2022_07_01, ... of an SDK, without previews."""
    folders = [module.name for module in pkgutil.iter_modules([folder_of(package)])]
    return max(name for name in folders if name.startswith("v20") and "preview" not in name)


class FlatOperations(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds PACKAGE.VERSION.operations... where it is: at PACKAGE.operations..."""

    def __init__(self, package, version):
        self.asked, self.there = f"{package}.{version}.operations", f"{package}.operations"

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.asked and not fullname.startswith(self.asked + "."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        return importlib.import_module(self.there + spec.name[len(self.asked):])

    def exec_module(self, module):
        pass  # its own name has done that


def undecorated(**_):
    return lambda function: function


def mend(profile, kind):
    """Points both SDKs of the profile at what is installed."""
    for resource in (kind.MGMT_NETWORK, kind.MGMT_COMPUTE):
        package = resource.import_prefix
        version = newest_version(package)
        profile[resource] = version[1:].replace("_", "-")
        if not os.path.isdir(os.path.join(folder_of(package), version, "operations")):
            sys.meta_path.insert(0, FlatOperations(package, version))
            validation = types.ModuleType(package + "._validation")
            validation.api_version_validation = undecorated
            sys.modules[validation.__name__] = validation  # before anything imports the SDK's own


def other_az():
    """The az that PATH has behind this one; None where there is none."""
    here = os.path.dirname(os.path.realpath(__file__))
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = os.path.join(folder, "az")
        if os.access(program, os.X_OK) and os.path.realpath(folder) != here:
            return program
    return None


def is_debians():
    """Whether this Python has the az of the package azure-cli."""
    try:
        return folder_of("azure.cli").startswith(DEBIANS)
    except (ModuleNotFoundError, AttributeError):
        return False


def mended():
    """Mends az in this process; whether it is Debian's."""
    if not is_debians():
        return False
    import azure.cli.core.profiles._shared as shared
    mend(shared.AZURE_API_PROFILES["latest"], shared.ResourceType)
    return True


def become_az():
    """This process is az from now on, with the arguments in sys.argv."""
    sys.argv[0] = "az"
    runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)


def run():
    if mended():
        become_az()
    program = other_az() or sys.exit("az: azure-cli is not installed (tools/dev setup --clients)")
    os.execv(program, [program, *sys.argv[1:]])

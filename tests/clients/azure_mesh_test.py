"""A small mesh; tests/clients/azure_mesh.py says what it checks. $ISTHMUS_MESH_NETWORKS makes it larger."""
import os
import sys

import azure_mesh

sys.exit(azure_mesh.main(["--networks", os.environ.get("ISTHMUS_MESH_NETWORKS", "30")]))

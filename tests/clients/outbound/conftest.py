import sys
from pathlib import Path

# The modules of this folder are imported by their names.
sys.path.insert(0, str(Path(__file__).parent))

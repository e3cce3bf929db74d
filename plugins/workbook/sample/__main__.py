"""Command line of the generator of sample workbooks."""

import sys
from pathlib import Path

from plugins.workbook.sample import write_sample

if __name__ == "__main__":
    write_sample(Path(sys.argv[1]), *(int(count) for count in sys.argv[2:3]))

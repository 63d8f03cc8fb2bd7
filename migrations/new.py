"""Writes a migration from the difference between the tables and the migrations: python -m migrations.new NAME."""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "app/database.py"
"""Names the revision that the service reads."""


def main(name: str) -> int:
    """Write the migration and name it as the revision that the service reads; 1 when nothing has changed."""
    with TemporaryDirectory() as folder:
        config = Config(ROOT / "alembic.ini")
        config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
        config.attributes |= {"database": Path(folder) / "content.db", "skip_empty": True}
        command.upgrade(config, "head")
        head = ScriptDirectory.from_config(config).get_current_head() or "0000"
        revision = f"{int(head) + 1:04}"
        if not command.revision(config, name, autogenerate=True, rev_id=revision):
            print("The migrations already make these tables; nothing written.", file=sys.stderr)
            return 1
    program = PROGRAM.read_text(encoding="utf-8")
    PROGRAM.write_text(
        re.sub(r'^SCHEMA_REVISION = ".*"$', f'SCHEMA_REVISION = "{revision}"', program, flags=re.MULTILINE)
    )
    print(f"migrations/versions: wrote revision {revision}; {PROGRAM.relative_to(ROOT)} reads it now")
    return 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))

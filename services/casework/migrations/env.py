from alembic import context

from services.runtime.migrations import run

run(context)

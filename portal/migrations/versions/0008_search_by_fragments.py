"""Residents are found by any fragment of a name, a reading or an address, and by any part of a birth date.

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The numbers are those of portal/register/fragments.py; docs/decisions/0013 says why they are no trigrams. The cost is
# far above what the function takes, so that no plan computes it for every resident, and it is parallel-restricted, so
# that no search waits for worker processes to start.
FRAGMENTS = """
CREATE FUNCTION resident_fragments(
    name_key text, common_name_key text, former_surname_key text, reading_key text, address_key text, birth_date text
) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE PARALLEL RESTRICTED COST 1000 AS $$
DECLARE
    found bigint[] := '{}';
    letter text;
    here bigint;
    before bigint;
    digits text;
    key text;
BEGIN
    FOREACH key IN ARRAY ARRAY[name_key, common_name_key, former_surname_key] LOOP
        CONTINUE WHEN key IS NULL OR key = '';
        before := 0;
        FOREACH letter IN ARRAY string_to_array(key, NULL) LOOP
            here := ascii(letter);
            found := found || (4398046511104 | (here << 21));
            IF before > 0 THEN
                found := found || (4398046511104 | (before << 21) | here);
            END IF;
            before := here;
        END LOOP;
    END LOOP;
    IF reading_key <> '' THEN
        before := 0;
        FOREACH letter IN ARRAY string_to_array(reading_key, NULL) LOOP
            here := ascii(letter);
            found := found || (8796093022208 | (before << 21) | here);
            before := here;
        END LOOP;
    END IF;
    IF address_key <> '' THEN
        before := 0;
        FOREACH letter IN ARRAY string_to_array(address_key, NULL) LOOP
            here := ascii(letter);
            IF before > 0 THEN
                found := found || (13194139533312 | (before << 21) | here);
            END IF;
            before := here;
        END LOOP;
    END IF;
    digits := replace(birth_date, '-', '');
    IF digits ~ '^[0-9]{4,8}$' THEN
        found := found || (17592186044416 + substr(digits, 1, 4)::bigint);
        IF length(digits) >= 6 THEN
            found := found || (17592186044416 + substr(digits, 1, 6)::bigint);
        END IF;
        IF length(digits) = 8 THEN
            found := found || (17592186044416 + digits::bigint);
        END IF;
    END IF;
    RETURN found;
END $$
"""


def upgrade() -> None:
    op.execute(sa.text(FRAGMENTS))
    # Over a register that is there already, building the index takes minutes.
    op.execute(sa.text("SET LOCAL statement_timeout = 0"))
    op.execute(
        sa.text(
            "CREATE INDEX ix_residents_fragments ON residents USING gin (resident_fragments("
            "name_key, common_name_key, former_surname_key, reading_key, address_key, birth_date)) "
            "WITH (gin_pending_list_limit = 256)"
        )
    )


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")

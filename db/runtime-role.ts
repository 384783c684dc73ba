// What the running platform may do in the database: less than the owner who migrates it.

import type { Sql } from 'postgres';
import { RUNTIME_ROLE } from '#platform/postgres';

/**
 * Creates the runtime role where it is missing and makes the current user a member. It cannot log
 * in: pools of the owner's set it.
 *
 * Roles belong to the whole cluster and the migration lock to one database, so another database's
 * migration may win the race at any point: losing it is as good as winning.
 */
export async function createRuntimeRole(sql: Sql): Promise<void> {
  await sql.unsafe(`
    do $$ begin
      if not exists (select from pg_roles where rolname = '${RUNTIME_ROLE}') then
        begin
          create role ${RUNTIME_ROLE} nologin;
        exception
          when duplicate_object or unique_violation then null;
          when insufficient_privilege then
            raise exception 'The database user % may not create roles: let an administrator run '
              '"CREATE ROLE ${RUNTIME_ROLE} NOLOGIN; GRANT ${RUNTIME_ROLE} TO %".',
              current_user, quote_ident(current_user);
        end;
      end if;
      if not exists (
        select from pg_auth_members
        where roleid = '${RUNTIME_ROLE}'::regrole and member = current_user::regrole
          and set_option
      ) then
        begin
          grant ${RUNTIME_ROLE} to current_user;
        exception
          -- internal_error is "tuple concurrently updated".
          when unique_violation or internal_error then null;
        end;
      end if;
    end $$`);
}

/**
 * Lets the runtime role read and write every table of every schema of ours, and only read and
 * insert where the table's comment begins with `append-only`:
 *
 *     COMMENT ON TABLE positions.event_store IS 'append-only: the facts';
 *
 * Runs after the migrations, each time, so that a new table needs no grant of its own. Partitions
 * get none: they are reached through their parent, whose rights count. Views are read only.
 */
export async function grantToRuntimeRole(sql: Sql): Promise<void> {
  await sql.unsafe(`
    do $$
    declare
      entry record;
    begin
      for entry in
        select oid, nspname from pg_namespace
        where nspname !~ '^pg_' and nspname not in ('information_schema', 'drizzle', 'public')
          and pg_has_role(current_user, nspowner, 'usage')
      loop
        execute format('grant usage on schema %I to ${RUNTIME_ROLE}', entry.nspname);
        execute format(
          'grant usage on all sequences in schema %I to ${RUNTIME_ROLE}', entry.nspname);
      end loop;
      for entry in
        select format('%I.%I', nspname, relname) as name,
          case
            when relkind in ('v', 'm') then 'select'
            when obj_description(c.oid, 'pg_class') like 'append-only%' then 'select, insert'
            else 'select, insert, update, delete'
          end as privileges
        from pg_class c join pg_namespace n on n.oid = relnamespace
        where relkind in ('r', 'p', 'v', 'm') and not relispartition
          and nspname !~ '^pg_' and nspname not in ('information_schema', 'drizzle', 'public')
          and pg_has_role(current_user, relowner, 'usage')
      loop
        execute format('revoke all on table %s from ${RUNTIME_ROLE}', entry.name);
        execute format('grant %s on table %s to ${RUNTIME_ROLE}', entry.privileges, entry.name);
      end loop;
    end $$`);
}

-- 22 tables with everything that makes loading hard: cycles, self references, composite and deferrable keys, enums,
-- domains, arrays, JSON, ranges, composites, generated columns, identities, partitions. All people are invented.
CREATE SCHEMA crm;
CREATE TYPE public.mood AS ENUM ('calm', 'upset', 'it''s, "odd"');
CREATE TYPE crm.address AS (street text, city text);
CREATE DOMAIN crm.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN crm.mail AS text CHECK (VALUE LIKE '%@%');

CREATE TABLE countries (code char(2) PRIMARY KEY, title text NOT NULL);
CREATE TABLE currencies (code varchar(3) PRIMARY KEY, digits smallint NOT NULL DEFAULT 2);
CREATE TABLE departments (
    id smallint PRIMARY KEY, title text NOT NULL, head_id integer
);
CREATE TABLE employees (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_name varchar(40) NOT NULL, last_name varchar(40) NOT NULL,
    email crm.mail NOT NULL UNIQUE,
    department_id smallint NOT NULL REFERENCES departments (id),
    manager_id integer REFERENCES employees (id),
    born date
);
ALTER TABLE departments ADD CONSTRAINT departments_head FOREIGN KEY (head_id) REFERENCES employees (id);
CREATE TABLE customers (
    id uuid PRIMARY KEY, number bigserial UNIQUE, first_name text, last_name text, email text UNIQUE,
    phone varchar(20), country char(2) REFERENCES countries (code), mood public.mood NOT NULL DEFAULT 'calm',
    born date, tags text[], scores integer[], profile jsonb, extra json, home crm.address, last_ip inet,
    email_domain text GENERATED ALWAYS AS (lower(email)) STORED,
    CHECK (born > '1850-01-01')
);
CREATE UNIQUE INDEX customers_email_folded ON customers (lower(email));
CREATE TABLE crm.visits (
    customer uuid REFERENCES customers (id), day date, notes text, PRIMARY KEY (customer, day)
);
CREATE TABLE warehouses (region smallint, code varchar(16), title text, PRIMARY KEY (region, code));
CREATE TABLE shelves (
    id serial PRIMARY KEY, region smallint, warehouse varchar(16), place integer,
    FOREIGN KEY (region, warehouse) REFERENCES warehouses (region, code), UNIQUE (region, warehouse, place)
);
CREATE TABLE categories (id integer PRIMARY KEY, title text, parent_id integer REFERENCES categories (id) DEFERRABLE);
CREATE TABLE products (
    id integer PRIMARY KEY, title text, price numeric(10, 2), weight numeric, category_id integer REFERENCES categories (id),
    shelf_id integer REFERENCES shelves (id), sizes int4range, active boolean NOT NULL DEFAULT true
);
CREATE TABLE orders (
    id bigint NOT NULL, customer uuid NOT NULL REFERENCES customers (id), placed timestamptz NOT NULL,
    total numeric(12, 2) CHECK (total >= 0), note text, PRIMARY KEY (id, placed)
) PARTITION BY RANGE (placed);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
CREATE TABLE order_lines (
    order_id bigint, placed timestamptz, line crm.positive, product_id integer REFERENCES products (id),
    quantity crm.positive NOT NULL, price numeric(10, 2), amount numeric(12, 2) GENERATED ALWAYS AS (quantity * price) STORED,
    PRIMARY KEY (order_id, placed, line), FOREIGN KEY (order_id, placed) REFERENCES orders (id, placed)
);
CREATE TABLE accounts (
    id integer PRIMARY KEY, owner_email text NOT NULL, iban text, balance money, limits int4range[], opened interval
) PARTITION BY HASH (id);
CREATE TABLE accounts_0 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE accounts_1 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE chickens (id integer PRIMARY KEY, egg_id integer NOT NULL, title text);
CREATE TABLE eggs (id integer PRIMARY KEY, chicken_id integer NOT NULL REFERENCES chickens (id));
ALTER TABLE chickens ADD CONSTRAINT chickens_egg FOREIGN KEY (egg_id) REFERENCES eggs (id);
CREATE TABLE teams (id integer PRIMARY KEY, captain_id integer NOT NULL);
CREATE TABLE players (
    id integer PRIMARY KEY, team_id integer NOT NULL REFERENCES teams (id) DEFERRABLE, full_name text NOT NULL
);
ALTER TABLE teams ADD CONSTRAINT teams_captain FOREIGN KEY (captain_id) REFERENCES players (id) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE sessions (
    token bytea PRIMARY KEY, employee_id integer REFERENCES employees (id), started timestamp, ended timestamp,
    address cidr, device macaddr, flags bit(4), path varbit, agent xml
);
CREATE TABLE "Odd ""names"" / und % Umlaute ä" ("select" integer PRIMARY KEY, "a.b" text, "Größe" double precision);
CREATE TABLE _hidden (id integer PRIMARY KEY, note text);
CREATE TABLE empty_table (id integer PRIMARY KEY, note text);
CREATE TABLE measurements (
    at time, zoned timetz, small real, big double precision, "char" "char", title name, codes varchar(5)[],
    moods public.mood[], days date[], search tsvector, span tstzrange, oid oid
);
CREATE VIEW adults AS SELECT id FROM customers WHERE born < '2000-01-01';
CREATE TABLE audit_log (id serial PRIMARY KEY, what text);
CREATE FUNCTION public.note_customer() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.audit_log (what) VALUES (NEW.email); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION public.note_customer();

-- Rows for schema.sql; {n} is the number of customers.
ALTER TABLE customers DISABLE TRIGGER noted;
CREATE TEMP TABLE names AS SELECT * FROM (VALUES
    (0, 'Anna', 'Kowalski'), (1, 'Bruno', 'Schneider'), (2, 'Carla', 'Fernandez'), (3, 'David', 'Johnson'),
    (4, 'Elena', 'Petrova'), (5, 'Farid', 'Hosseini'), (6, 'Greta', 'Lindqvist'), (7, 'Hugo', 'Martin'),
    (8, 'Ines', 'Oliveira'), (9, 'Jonas', 'Becker'), (10, 'Keiko', 'Tanaka'), (11, 'Liam', 'Murphy')) people(n, f, l);
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France'), ('PL', 'Poland'), ('JP', 'Japan');
INSERT INTO currencies VALUES ('EUR', 2), ('JPY', 0), ('PLN', 2);
INSERT INTO departments SELECT i, 'Department ' || i FROM generate_series(1, 5) i;
INSERT INTO employees (first_name, last_name, email, department_id, manager_id, born)
    SELECT a.f, b.l, lower(a.f || '.' || b.l || i || '@company.de'), i % 5 + 1, NULL, '1960-01-01'::date + i * 37 % 14000
    FROM generate_series(1, 200) i JOIN names a ON a.n = i % 12 JOIN names b ON b.n = i * 7 % 11;
UPDATE employees SET manager_id = 200 - id / 2 WHERE id > 3;
UPDATE departments SET head_id = id * 3;
INSERT INTO customers (id, first_name, last_name, email, phone, country, mood, born, tags, scores, profile, extra, home, last_ip)
    SELECT md5(i::text)::uuid, a.f, b.l, lower(a.f || '_' || b.l || '.' || i || '@mail' || i % 7 || '.com'),
        '+49151' || (10000000 + i * 7919 % 89999999), (ARRAY['DE', 'FR', 'PL', 'JP'])[i % 4 + 1],
        (enum_range(NULL::mood))[i % 3 + 1], '1940-01-01'::date + i * 31 % 22000,
        CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '{{}}' ELSE ARRAY['vip', NULL, 'red'] END, ARRAY[i % 10, NULL, 3],
        jsonb_build_object('name', a.f || ' ' || b.l, 'n', i), '{{"k": 1}}', ROW('Main street ' || i, 'Berlin')::crm.address,
        ('10.1.' || i % 250 || '.' || i * 3 % 250)::inet
    FROM generate_series(1, {n}) i JOIN names a ON a.n = i % 12 JOIN names b ON b.n = i * 5 % 12;
INSERT INTO crm.visits SELECT md5(i::text)::uuid, '2024-01-01'::date + d, 'Met ' || c.first_name || ' ' || c.last_name || ' and talked about the delivery of the goods for a long while, call ' || c.phone
    FROM generate_series(1, {n}, 3) i JOIN customers c ON c.id = md5(i::text)::uuid, generate_series(1, 2) d;
INSERT INTO warehouses SELECT r, 'W' || r || c, 'Warehouse ' || c FROM generate_series(1, 3) r, generate_series(1, 4) c;
INSERT INTO shelves (region, warehouse, place) SELECT region, code, p FROM warehouses, generate_series(1, 5) p;
INSERT INTO categories SELECT i, 'Category ' || i, NULLIF((i + 3) % 20, 0) FROM generate_series(1, 19) i;
INSERT INTO products SELECT i, 'Product ' || i, i * 1.25, i / 3.0, i % 19 + 1, i % 60 + 1, int4range(i, i + 5), i % 2 = 0
    FROM generate_series(1, 100) i;
INSERT INTO orders SELECT i, md5((i % {n} + 1)::text)::uuid, '2023-11-01'::timestamptz + i * interval '17 hours', i * 1.5,
    CASE WHEN i % 3 = 0 THEN repeat('x', i % 300) END FROM generate_series(1, 2 * {n}) i;
INSERT INTO order_lines SELECT o.id, o.placed, l, o.id % 100 + 1, l, 2.5 FROM orders o, generate_series(1, 2) l WHERE o.id % 2 = 0;
INSERT INTO accounts SELECT i, c.email, 'DE' || lpad((i * 97)::text, 20, '0'), (i * 3)::money, ARRAY[int4range(1, i + 1), 'empty'],
    i * interval '1 day 3 hours' FROM generate_series(1, {n}) i JOIN customers c ON c.id = md5(i::text)::uuid;
BEGIN;
ALTER TABLE chickens DROP CONSTRAINT chickens_egg;
INSERT INTO chickens SELECT i, 51 - i, 'Chicken ' || i FROM generate_series(1, 50) i;
INSERT INTO eggs SELECT i, i FROM generate_series(1, 50) i;
COMMIT;
ALTER TABLE chickens ADD CONSTRAINT chickens_egg FOREIGN KEY (egg_id) REFERENCES eggs (id);
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO teams SELECT i, i * 3 FROM generate_series(1, 20) i;
INSERT INTO players SELECT i, (i + 2) / 3, a.f || ' ' || b.l FROM generate_series(1, 60) i JOIN names a ON a.n = i % 12 JOIN names b ON b.n = i * 5 % 12;
COMMIT;
INSERT INTO sessions SELECT decode(md5(i::text), 'hex'), i % 200 + 1, '2024-01-01'::timestamp + i * interval '1 minute',
    CASE i % 3 WHEN 0 THEN 'infinity'::timestamp WHEN 1 THEN NULL ELSE '2024-06-01'::timestamp END, ('10.' || i % 200 || '.0.0/16')::cidr,
    ('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr, (i % 16)::bit(4), B'101', NULL FROM generate_series(1, 120) i;
INSERT INTO "Odd ""names"" / und % Umlaute ä" SELECT i, 'x', i / 7.0 FROM generate_series(1, 40) i;
INSERT INTO _hidden SELECT i, 'n' FROM generate_series(1, 10) i;
INSERT INTO measurements SELECT '12:00'::time + i * interval '1 second', '12:00+02', i, i / 3.0, 'c', 'title', ARRAY['a', 'b'],
    ARRAY['calm', 'upset']::mood[], ARRAY['2024-01-01'::date + i], to_tsvector('simple', 'a b'), tstzrange('2024-01-01', NULL), i FROM generate_series(1, 30) i;
INSERT INTO measurements DEFAULT VALUES;
ALTER TABLE customers ENABLE TRIGGER noted;

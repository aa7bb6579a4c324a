"""Tables, unit of work, queries and migrations. Knows no HTTP and no prison system.

`engine.open_store` opens the database; `unit_of_work` says what a Store and a transaction promise; `errors` what can go
wrong; `schema` sets the database up; `dbclock.db_now()` is the database's clock inside statements.
"""

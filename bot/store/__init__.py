"""The store: SQLAlchemy tables, the unit of work, and the migrations. SQLite and PostgreSQL by the same code."""

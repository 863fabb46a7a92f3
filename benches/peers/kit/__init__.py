"""What run.py is made of: installing, measuring, one module a measure, the table."""

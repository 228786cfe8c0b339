"""What real devices charge: exact figures of converted networks, tables, formulas, measurements."""

"""Every match as a dataset: Parquet parts that are ranges of ranks, made by one or many workers.

    manifest.json            the question, the version, the columns and the ranges, written first
    LOW-HIGH.parquet         a part: the matches with the ranks LOW up to, not including, HIGH

A part is made whole or not at all, and only where there is none (see `store`). Its bytes depend on
the manifest alone. So a part made twice is harmless, a run can end at any moment, and the names
alone prove that nothing is missing.
"""

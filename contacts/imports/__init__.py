"""Contacts of an office as a spreadsheet, one responsibility a row: which columns it has, taking in, giving out."""

"""A plan in pictures and tables, on one page that needs nothing else."""

from placement.report.subject import Subject, subject_of
from placement.report.writing import Form, content_of, form_of, write_report

__all__ = ["Form", "Subject", "content_of", "form_of", "subject_of", "write_report"]

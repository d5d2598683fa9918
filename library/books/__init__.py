"""Books: their chapters as text, out of text files, Markdown, EPUB and Word documents."""

from library.books.book import Book, Chapter, Cover
from library.books.reading import BOOK_SUFFIXES, read_book

__all__ = ["BOOK_SUFFIXES", "Book", "Chapter", "Cover", "read_book"]

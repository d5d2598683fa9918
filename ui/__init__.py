"""The browser page: everything it does goes through `CoreEngine`, as the HTTP interface does."""

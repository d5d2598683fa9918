"""The tabs of the page: one module and one function each."""

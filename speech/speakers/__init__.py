"""Who speaks: embeddings of voices and how alike two of them are."""

"""Long works as durable jobs: every chunk is a row and a file, so that nothing that was spoken is spoken twice."""

"""Work in chunks, approved by a person, and the work that follows by itself."""
